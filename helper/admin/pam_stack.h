// The PAM stacks of a host, as libpam reads them (pam.conf(5)).
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace claude_auth {

/// One line of a stack, wherever an include took it from.
struct PamLine {
  std::string file;  ///< as the host calls it: without the root below which it was read
  int number = 0;    ///< from 1
  std::string type;  ///< "session" and so on, in lower case and without a leading '-'
  std::string control;
  std::string module;
  std::vector<std::string> arguments;

  /// "/etc/pam.d/sshd:57".
  [[nodiscard]] std::string place() const { return file + ":" + std::to_string(number); }
  /// The module's name without its directory.
  [[nodiscard]] std::string module_name() const;
};

/// The lines of one service, all types, in the order in which libpam takes them, with those of
/// included files and substacks in their place.
using PamStack = std::vector<PamLine>;

/// Every service below `root` that has a file, and the pieces that services include, sorted.
[[nodiscard]] std::vector<std::string> pam_services(const std::string& root);

/// The stack of `service`; empty where it has no file. Error: one sentence that names the file
/// which cannot be read or includes itself.
[[nodiscard]] std::expected<PamStack, std::string> read_pam_stack(const std::string& root,
                                                                  const std::string& service);

/// The names of files that `service`'s own file includes. Empty where it has none.
[[nodiscard]] std::vector<std::string> included_by(const std::string& root,
                                                   const std::string& service);

}  // namespace claude_auth
