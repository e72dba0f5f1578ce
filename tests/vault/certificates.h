// Certificates made at test time (GnuTLS): no key lies in the tree, none outlives its test.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace claude_auth::testing {

/// A certificate and its key, both PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

struct Subject {
  std::string name = "localhost";
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> addresses = {"127.0.0.1"};  ///< IPv4
  std::chrono::seconds valid_from{-3600};              ///< relative to now
  std::chrono::seconds valid_until{86400};
};

/// An authority of its own, with a fresh key.
class CertificateAuthority {
 public:
  CertificateAuthority();
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  [[nodiscard]] const std::string& certificate() const { return certificate_; }

  /// A certificate for server and client use.
  [[nodiscard]] Identity issue(const Subject& subject) const;

 private:
  struct Pair;
  std::unique_ptr<Pair> pair_;
  std::string certificate_;
};

}  // namespace claude_auth::testing
