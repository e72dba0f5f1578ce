#include "certificates.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace claude_auth::testing {
namespace {

void must(int result) {
  if (result >= 0) return;
  std::fprintf(stderr, "gnutls: %s\n", gnutls_strerror(result));
  std::abort();
}

struct KeyRelease {
  void operator()(gnutls_x509_privkey_t key) const { gnutls_x509_privkey_deinit(key); }
};
struct CertificateRelease {
  void operator()(gnutls_x509_crt_t certificate) const { gnutls_x509_crt_deinit(certificate); }
};
using Key = std::unique_ptr<gnutls_x509_privkey_int, KeyRelease>;
using Certificate = std::unique_ptr<gnutls_x509_crt_int, CertificateRelease>;

Key new_key() {
  gnutls_x509_privkey_t key = nullptr;
  must(gnutls_x509_privkey_init(&key));
  Key owned(key);
  must(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
  return owned;
}

Certificate new_certificate(const Subject& subject, gnutls_x509_privkey_t key) {
  static std::atomic<unsigned char> serial{1};
  gnutls_x509_crt_t certificate = nullptr;
  must(gnutls_x509_crt_init(&certificate));
  Certificate owned(certificate);
  const std::time_t now = std::time(nullptr);
  const unsigned char number = serial++;
  must(gnutls_x509_crt_set_version(certificate, 3));
  must(gnutls_x509_crt_set_serial(certificate, &number, sizeof number));
  must(gnutls_x509_crt_set_key(certificate, key));
  must(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
                                     subject.name.data(),
                                     static_cast<unsigned>(subject.name.size())));
  must(gnutls_x509_crt_set_activation_time(certificate, now + subject.valid_from.count()));
  must(gnutls_x509_crt_set_expiration_time(certificate, now + subject.valid_until.count()));
  return owned;
}

std::string pem(gnutls_x509_crt_t certificate) {
  gnutls_datum_t text{};
  must(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text));
  std::string result(reinterpret_cast<char*>(text.data), text.size);
  gnutls_free(text.data);
  return result;
}

std::string pem(gnutls_x509_privkey_t key) {
  gnutls_datum_t text{};
  must(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text));
  std::string result(reinterpret_cast<char*>(text.data), text.size);
  gnutls_free(text.data);
  return result;
}

}  // namespace

struct CertificateAuthority::Pair {
  Key key;
  Certificate certificate;
};

CertificateAuthority::CertificateAuthority() : pair_(std::make_unique<Pair>()) {
  pair_->key = new_key();
  pair_->certificate = new_certificate({"pam_claude test authority", {}, {}}, pair_->key.get());
  gnutls_x509_crt_t certificate = pair_->certificate.get();
  must(gnutls_x509_crt_set_basic_constraints(certificate, 1, -1));
  must(gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_KEY_CERT_SIGN));
  must(gnutls_x509_crt_sign2(certificate, certificate, pair_->key.get(), GNUTLS_DIG_SHA256, 0));
  certificate_ = pem(certificate);
}

CertificateAuthority::~CertificateAuthority() = default;

Identity CertificateAuthority::issue(const Subject& subject) const {
  const Key key = new_key();
  const Certificate owned = new_certificate(subject, key.get());
  gnutls_x509_crt_t certificate = owned.get();
  for (const std::string& name : subject.dns_names) {
    must(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name.data(),
                                              static_cast<unsigned>(name.size()),
                                              GNUTLS_FSAN_APPEND));
  }
  for (const std::string& text : subject.addresses) {
    in_addr address{};
    ::inet_pton(AF_INET, text.c_str(), &address);
    must(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, &address,
                                              sizeof address, GNUTLS_FSAN_APPEND));
  }
  must(gnutls_x509_crt_sign2(certificate, pair_->certificate.get(), pair_->key.get(),
                             GNUTLS_DIG_SHA256, 0));
  return {pem(certificate), pem(key.get())};
}

}  // namespace claude_auth::testing
