// admin/pam_stack and pam_check: the PAM stacks of a host, as doctor reads them.
#include "admin/pam_stack.h"

#include <algorithm>

#include "admin/host_root.h"
#include "admin/pam_check.h"
#include "fuzz/fuzz.h"

namespace claude_auth {
namespace {

void check_line(const PamLine& line) {
  fuzz::require(line.file.starts_with("/etc/pam.d/"), "a line stands in a file of the host");
  fuzz::require(line.number >= 1, "and has a number");
  fuzz::require(!line.type.empty() && !line.control.empty(), "it has a type and a control");
  fuzz::require(!line.module_name().contains('/'), "a module's name has no directory");
}

/// "/etc/pam.d/sshd:4" for each of ours.
std::vector<std::string> our_places(const PamStack& stack) {
  std::vector<std::string> places;
  for (const PamLine& line : stack) {
    check_line(line);
    if (line.type == "session" && line.module_name() == "pam_claude.so")
      places.push_back(line.place());
  }
  return places;
}

bool says(const Findings& findings, const std::string& text) {
  return std::ranges::any_of(findings,
                             [&](const Finding& finding) { return finding.text.contains(text); });
}

}  // namespace

void fuzz::take(std::string_view input) {
  // Outside of the tree are the files of this machine.
  if (input.contains("..")) return;
  testing::HostRoot host;
  const auto files = pieces(input, 2);
  host.put("/etc/pam.d/sshd", files[0]);
  host.put("/etc/pam.d/common-session", files[1]);

  const Findings findings = check_pam(host.tree());
  const auto stack = read_pam_stack(host.path(), "sshd");
  if (!stack) {
    require(says(findings, stack.error()), "a stack that cannot be read is a finding");
    return;
  }
  const bool missing = says(findings, "pam_claude is not in the session stack of sshd");
  require(missing == our_places(*stack).empty(), "the module is missing, or in the stack");
}

}  // namespace claude_auth
