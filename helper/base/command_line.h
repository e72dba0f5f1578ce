// A program's command line: subcommands with long options, parsed by getopt_long(3).
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace claude_auth {

/// One option of a subcommand.
struct CommandOption {
  const char* name;   ///< "timeout" for --timeout
  const char* value;  ///< what the help calls its value; null: it takes none
  const char* help;
  /// Takes the value ("" where there is none). Gives what is wrong with it, e.g. "is no number from
  /// 1 to 10", or nothing.
  std::function<std::optional<std::string>(const char* value)> take;
};

/// A flag that sets `target`, a text, and a whole number from `least` to `most` given to `take`.
[[nodiscard]] CommandOption flag(const char* name, bool& target, const char* help);
[[nodiscard]] CommandOption text_option(const char* name, const char* value, std::string& target,
                                        const char* help);
[[nodiscard]] CommandOption number_option(const char* name, const char* value, int least, int most,
                                          std::function<void(int)> take, const char* help);

/// What follows a subcommand's options: it begins at the first word that is no option, or after
/// "--".
struct Operands {
  const char* name = nullptr;  ///< as the usage line calls it, "COMMAND [ARGUMENT]..."; null: none
  std::vector<std::string>* target = nullptr;  ///< takes them; at least one is asked for
};

struct Subcommand {
  const char* name;  ///< of one word or two: "login", "setup-token set"
  const char* summary;
  std::vector<CommandOption> options{};
  Operands operands{};
  std::function<int()> run;  ///< gives the exit status
};

/// What a program says of itself.
struct Program {
  const char* name;
  const char* version;
  const char* summary;
  const char* manual;  ///< "claude-auth-sync(1)"
  /// The first one runs where no subcommand is named.
  std::vector<Subcommand> subcommands;
};

/// Exit status of a command line that cannot be understood.
inline constexpr int kUsageError = 2;

/// Parses `argv`, calls the options' `take`, and gives the subcommand that is to be run. --help and
/// --version, of the program and the former of each subcommand, are answered on standard output, a
/// mistake on standard error: then nothing is left but to exit with the status that is the error.
/// Not thread-safe, as getopt_long is not.
[[nodiscard]] std::expected<const Subcommand*, int> parse_command_line(const Program& program,
                                                                       int argc, char** argv);

}  // namespace claude_auth
