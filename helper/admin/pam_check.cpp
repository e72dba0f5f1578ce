#include "admin/pam_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <set>
#include <string_view>

#include "admin/installed_check.h"
#include "pam_claude/options.h"
#include "pam_claude/session_gate.h"

namespace claude_auth {
namespace {

constexpr std::string_view kModule = "pam_claude.so";
constexpr std::string_view kLine = "`session optional pam_claude.so`";

/// Where people log in: worth a line whether the module is there or not.
constexpr std::array kLogins = {"sshd", "login", "su", "su-l"};

// What brings a home, or the rights to read it: the helper looks into the home at once.
constexpr std::array<std::string_view, 9> kBringHomes = {
    "pam_mkhomedir.so",    "pam_oddjob_mkhomedir.so", "pam_mount.so",
    "pam_systemd_home.so", "pam_fscrypt.so",          "pam_ecryptfs.so",
    "pam_zfs_key.so",      "pam_namespace.so",        "pam_afs_session.so"};

using Place = PamStack::const_iterator;

std::string in(const std::string& service) {
  return "the session stack of " + service;
}

PamStack session_lines(const PamStack& stack) {
  PamStack session;
  std::ranges::copy_if(stack, std::back_inserter(session),
                       [](const PamLine& line) { return line.type == "session"; });
  return session;
}

/// Applies the arguments as the module does; complaints become findings.
Options options_of(const PamLine& line, Findings& findings) {
  Options options;
  for (const std::string& argument : line.arguments) {
    if (const auto applied = apply_option(options, argument.c_str()); !applied) {
      findings.push_back({Status::fail, line.place() + ": '" + argument + "' " +
                                            sentence(applied.error()) +
                                            "; its default holds: see pam_claude(8)"});
    }
  }
  return options;
}

/// Can a failure of the module end the session, or its success the stack?
void judge_control(const PamLine& line, Findings& findings) {
  const bool harmless = line.control == "optional" ||
                        (line.control.starts_with('[') && !line.control.contains("bad") &&
                         !line.control.contains("die") && !line.control.contains("done"));
  if (harmless) return;
  findings.push_back({Status::fail, line.place() + ": '" + line.control +
                                        "' lets the module decide over logins: write " +
                                        std::string(kLine)});
}

bool has_argument(const PamLine& line, std::string_view argument) {
  return std::ranges::find(line.arguments, argument) != line.arguments.end();
}

void judge_order(const PamStack& session, Place ours, Selinux selinux, Findings& findings) {
  for (auto later = ours + 1; later != session.end(); ++later) {
    const std::string name = later->module_name();
    const std::string after = ours->place() + " stands before " + name + " (" + later->place() +
                              "): move it behind, best to the end of the stack";
    if (std::ranges::find(kBringHomes, name) != kBringHomes.end()) {
      findings.push_back({Status::fail, after + "; the home is not there yet"});
    } else if (name == "pam_systemd.so" ||
               (name == "pam_selinux.so" && has_argument(*later, "open") &&
                selinux == Selinux::on)) {
      findings.push_back({Status::warn, after + "; it makes the session's own surroundings"});
    }
  }
}

/// The number of lines that `action` of a control ("success=1") jumps over, 0 where it is none.
int jump_of(std::string_view action) {
  const std::size_t equals = action.find('=');
  int lines = 0;
  if (equals == std::string_view::npos) return 0;
  std::from_chars(action.data() + equals + 1, action.data() + action.size(), lines);
  return lines;
}

/// Does a line before, when it succeeds or by default, end the stack or jump over ours?
bool may_pass_over(const PamLine& line, int lines_between) {
  if (line.control == "sufficient") return true;
  if (!line.control.starts_with('[')) return false;
  std::string_view rest = line.control;
  rest.remove_prefix(1);
  rest.remove_suffix(1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view action = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!action.starts_with("success=") && !action.starts_with("default=")) continue;
    if (action.ends_with("=done") || jump_of(action) > lines_between) return true;
  }
  return false;
}

void judge_reach(const PamStack& session, Place ours, Findings& findings) {
  for (auto before = session.begin(); before != ours; ++before) {
    if (may_pass_over(*before, static_cast<int>(ours - before) - 1)) {
      findings.push_back({Status::warn, before->place() + " (" + before->module_name() +
                                            ") can end the stack or jump over " + ours->place() +
                                            ": move ours before it, or end the jump before ours"});
    }
  }
}

void judge_other_types(const PamStack& stack, Findings& findings) {
  for (const PamLine& line : stack) {
    if (line.module_name() == kModule && line.type != "session") {
      findings.push_back({Status::fail, line.place() + ": pam_claude knows no " + line.type +
                                            ": remove the line"});
    }
  }
}

void judge_paths(const PamLine& line, const Options& options, const HostTree& tree,
                 Findings& findings) {
  if (line.module.starts_with('/') && line.module != tree.security_dir + "/pam_claude.so") {
    findings.push_back({Status::warn, line.place() + " loads " + line.module +
                                          ", not the installed " + tree.security_dir +
                                          "/pam_claude.so: write the name alone"});
  }
  if (options.helper != tree.helper) {
    findings.push_back({Status::warn, line.place() + " starts " + options.helper +
                                          ", not the installed " + tree.helper +
                                          ": take helper= out"});
  }
}

bool is_login(const std::string& service) {
  return std::ranges::find(kLogins, service) != kLogins.end();
}

/// Pieces that others include are judged where they are included.
std::set<std::string> included_pieces(const std::string& root,
                                      const std::vector<std::string>& services) {
  std::set<std::string> pieces;
  for (const std::string& service : services) {
    for (const std::string& name : included_by(root, service)) {
      if (!is_login(name)) pieces.insert(name);
    }
  }
  return pieces;
}

Finding judge_sshd(const HostTree& tree) {
  const auto uses = sshd_uses_pam(tree.root);
  if (!uses) return {Status::ok, "there is no sshd here"};
  if (*uses) return {Status::ok, "sshd opens PAM sessions"};
  return {Status::fail,
          "sshd opens no PAM sessions: `UsePAM yes` in /etc/ssh/sshd_config, then `systemctl "
          "reload ssh`"};
}

}  // namespace

Findings judge_stack(const std::string& service, const PamStack& stack, const HostTree& tree,
                     Selinux selinux) {
  Findings findings;
  judge_other_types(stack, findings);
  const PamStack session = session_lines(stack);
  const auto is_ours = [](const PamLine& line) { return line.module_name() == kModule; };
  const auto ours = std::ranges::find_if(session, is_ours);
  if (ours == session.end()) {
    // An SSH login is what this all is for; the others are a matter of taste.
    if (service == "sshd") {
      findings.push_back({Status::fail, "pam_claude is not in " + in(service) + ": write " +
                                            std::string(kLine) + " at the end of /etc/pam.d/sshd"});
    } else if (is_login(service) && !stack.empty()) {
      findings.push_back({Status::ok, "pam_claude is not in " + in(service) +
                                          ": logins by it rely on watch and timer"});
    }
    return findings;
  }
  const Options options = options_of(*ours, findings);
  if (judge_service(options, service) != Verdict::act)
    return is_login(service) ? findings : Findings{};
  judge_control(*ours, findings);
  judge_paths(*ours, options, tree, findings);
  judge_order(session, ours, selinux, findings);
  judge_reach(session, ours, findings);
  if (std::ranges::count_if(session, is_ours) > 1) {
    findings.push_back({Status::warn, "pam_claude stands more than once in " + in(service) +
                                          ": all but the first do nothing"});
  }
  if (findings.empty()) {
    findings.push_back(
        {Status::ok, "pam_claude is in " + in(service) + " (" + ours->place() + ")"});
  }
  return findings;
}

Findings check_pam(const HostTree& tree) {
  Findings findings{judge_sshd(tree)};
  const Selinux selinux = has_selinux(tree) ? Selinux::on : Selinux::off;
  const auto services = pam_services(tree.root);
  const auto pieces = included_pieces(tree.root, services);
  for (const std::string& service : services) {
    if (pieces.contains(service)) continue;
    const auto stack = read_pam_stack(tree.root, service);
    if (!stack) {
      findings.push_back({Status::fail, "the PAM stack of " + service + ": " + stack.error()});
      continue;
    }
    for (Finding& finding : judge_stack(service, *stack, tree, selinux)) {
      // What an included piece has wrong is wrong in every service: said once.
      const bool said = std::ranges::any_of(
          findings, [&](const Finding& earlier) { return earlier.text == finding.text; });
      if (!said) findings.push_back(std::move(finding));
    }
  }
  return findings;
}

}  // namespace claude_auth
