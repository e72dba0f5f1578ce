// A host's root directory of the test's own, in which doctor looks around; and what it says.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "admin/host_tree.h"
#include "base/status_log.h"
#include "cmocka_cpp.h"
#include "jobs/finding.h"
#include "unit/temporary_directory.h"

namespace claude_auth::testing {

class HostRoot {
 public:
  /// Makes or overwrites the file `path`, and the directories above it, as 0755.
  void put(const std::string& path, const std::string& bytes, mode_t mode = 0644) {
    const std::filesystem::path whole = root_.path() + path;
    std::filesystem::create_directories(whole.parent_path());
    test::put(whole, bytes, mode);
  }

  [[nodiscard]] std::string operator/(const std::string& path) const { return root_ / path; }
  [[nodiscard]] const std::string& path() const { return root_.path(); }

  /// Whoever runs the test stands for root.
  [[nodiscard]] HostTree tree() const {
    return {.root = root_.path(),
            .owner = ::geteuid(),
            .security_dir = "/usr/lib/security",
            .unit_dir = "/usr/lib/systemd/system",
            .helper = CLAUDE_AUTH_HELPER,
            .store = "/usr/libexec/claude-auth-store"};
  }

  /// All that an installation puts onto a host.
  void install() {
    put("/usr/lib/security/pam_claude.so", "module");
    put(CLAUDE_AUTH_HELPER, "helper", 0755);
    put("/usr/libexec/claude-auth-store", "store", 0755);
    for (const char* name : {"sync@", "watch@", "provision", "metrics"}) {
      const std::string unit = std::string("/usr/lib/systemd/system/claude-auth-") + name;
      put(unit + ".service", "[Service]\nExecStart=" CLAUDE_AUTH_HELPER "\n");
      put(unit + ".timer", "[Timer]\n");
    }
  }

 private:
  test::TemporaryDirectory root_;
};

/// Fails the test unless one of `findings` has this status and text in it; says what there is.
inline void assert_found(const Findings& findings, Status status, const std::string& text) {
  for (const Finding& finding : findings) {
    if (finding.status == status && finding.text.contains(text)) return;
  }
  print_error("there is no %s with: %s\n", std::string(word(status)).c_str(), text.c_str());
  for (const Finding& finding : findings) {
    print_error("  %s %s\n", std::string(word(finding.status)).c_str(), finding.text.c_str());
  }
  fail();
}

/// Fails the test where anything is not OK.
inline void assert_all_ok(const Findings& findings) {
  assert_false(findings.empty());
  for (const Finding& finding : findings) {
    if (finding.status == Status::ok) continue;
    fail_msg("not OK: %s", finding.text.c_str());
  }
}

}  // namespace claude_auth::testing
