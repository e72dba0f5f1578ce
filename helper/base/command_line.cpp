#include "base/command_line.h"

#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>

namespace claude_auth {
namespace {

using Parsed = std::expected<const Subcommand*, int>;

// What getopt_long returns for --help; the options of a subcommand count from 0.
constexpr int kHelp = 1'000;

constexpr int kHelpColumn = 24;

void print_row(const std::string& term, const char* help) {
  std::printf("  %-*s %s\n", kHelpColumn, term.c_str(), help);
}

std::string usage_of(const Program& program, const Subcommand& subcommand) {
  std::string usage = std::string(program.name) + ' ' + subcommand.name;
  if (!subcommand.options.empty()) usage += " [OPTION]...";
  if (subcommand.operands.name != nullptr)
    usage += std::string(" [--] ") + subcommand.operands.name;
  return usage;
}

void print_help(const Program& program) {
  std::printf("usage: %s [COMMAND]\n\n%s\n\n", program.name, program.summary);
  for (const Subcommand& subcommand : program.subcommands)
    print_row(subcommand.name, subcommand.summary);
  std::printf("\n");
  print_row("--help", "This; of a command after its name");
  print_row("--version", "The version");
  std::printf("\nSee %s.\n", program.manual);
}

void print_help(const Program& program, const Subcommand& subcommand) {
  std::printf("usage: %s\n\n%s\n\n", usage_of(program, subcommand).c_str(), subcommand.summary);
  for (const CommandOption& option : subcommand.options)
    print_row("--" + std::string(option.name) +
                  (option.value != nullptr ? '=' + std::string(option.value) : ""),
              option.help);
  print_row("--help", "This");
  std::printf("\nSee %s.\n", program.manual);
}

std::unexpected<int> mistake(const Program& program, const std::string& sentence) {
  std::fprintf(stderr, "%s: %s\nTry `%s --help`.\n", program.name, sentence.c_str(), program.name);
  return std::unexpected(kUsageError);
}

// How many words of `words` name the subcommand: 0, 1 or 2.
int words_matched(const Subcommand& subcommand, int count, char** words) {
  std::string_view name = subcommand.name;
  const std::size_t blank = name.find(' ');
  if (count < 1 || name.substr(0, blank) != words[0]) return 0;
  if (blank == std::string_view::npos) return 1;
  return count > 1 && name.substr(blank + 1) == words[1] ? 2 : 0;
}

// The second words that `first` may be followed by, for the sentence that asks for one.
std::string continuations(const Program& program, std::string_view first) {
  std::string list;
  for (const Subcommand& subcommand : program.subcommands) {
    const std::string_view name = subcommand.name;
    if (!name.starts_with(first) || name.substr(first.size(), 1) != " ") continue;
    if (!list.empty()) list += ", ";
    list += name.substr(first.size() + 1);
  }
  return list;
}

std::vector<option> long_options(const Subcommand& subcommand) {
  std::vector<option> options;
  options.reserve(subcommand.options.size() + 2);
  int index = 0;
  for (const CommandOption& one : subcommand.options)
    options.push_back(
        {one.name, one.value != nullptr ? required_argument : no_argument, nullptr, index++});
  options.push_back({"help", no_argument, nullptr, kHelp});
  options.push_back({nullptr, 0, nullptr, 0});
  return options;
}

// `words[0]` stands where getopt expects the program's name.
Parsed parse_options(const Program& program, const Subcommand& subcommand, int count,
                     char** words) {
  const std::vector<option> options = long_options(subcommand);
  ::opterr = 0;
  ::optind = 0;
  for (;;) {
    const int at = ::optind == 0 ? 1 : ::optind;
    const int found = ::getopt_long(count, words, "+:", options.data(), nullptr);
    if (found < 0) break;
    if (found == kHelp) {
      print_help(program, subcommand);
      return std::unexpected(0);
    }
    if (found == '?')
      return mistake(program, std::string(words[at]) + " is no option of " + subcommand.name);
    if (found == ':') return mistake(program, std::string(words[at]) + " needs a value");
    const CommandOption& taken = subcommand.options[static_cast<std::size_t>(found)];
    if (const auto wrong = taken.take(taken.value != nullptr ? ::optarg : ""))
      return mistake(program, std::string("--") + taken.name + ": " + ::optarg + ' ' + *wrong);
  }
  const std::vector<std::string> operands(words + ::optind, words + count);
  if (subcommand.operands.name == nullptr && !operands.empty())
    return mistake(program, std::string(subcommand.name) + " takes no \"" + operands[0] + '"');
  if (subcommand.operands.name != nullptr) {
    if (operands.empty()) return mistake(program, "usage: " + usage_of(program, subcommand));
    *subcommand.operands.target = operands;
  }
  return &subcommand;
}

}  // namespace

CommandOption flag(const char* name, bool& target, const char* help) {
  return {.name = name, .value = nullptr, .help = help, .take = [&target](const char*) {
            target = true;
            return std::nullopt;
          }};
}

CommandOption text_option(const char* name, const char* value, std::string& target,
                          const char* help) {
  return {.name = name, .value = value, .help = help, .take = [&target](const char* text) {
            target = text;
            return std::nullopt;
          }};
}

CommandOption number_option(const char* name, const char* value, int least, int most,
                            std::function<void(int)> take, const char* help) {
  const auto check = [least, most, take = std::move(take)](const char* text) {
    int number = 0;
    const char* end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, number);
    std::optional<std::string> wrong;
    if (error != std::errc() || stop != end || number < least || number > most)
      wrong = "is no number from " + std::to_string(least) + " to " + std::to_string(most);
    else
      take(number);
    return wrong;
  };
  return {.name = name, .value = value, .help = help, .take = check};
}

Parsed parse_command_line(const Program& program, int argc, char** argv) {
  if (argc < 2) return &program.subcommands.front();
  const std::string_view first = argv[1];
  if (first == "--help") {
    print_help(program);
    return std::unexpected(0);
  }
  if (first == "--version") {
    std::printf("%s %s\n", program.name, program.version);
    return std::unexpected(0);
  }
  for (const Subcommand& subcommand : program.subcommands)
    if (const int words = words_matched(subcommand, argc - 1, argv + 1))
      return parse_options(program, subcommand, argc - words, argv + words);
  const std::string list = continuations(program, first);
  if (!list.empty()) return mistake(program, argv[1] + std::string(" needs one of: ") + list);
  return mistake(program, '"' + std::string(first) + "\" is no command");
}

}  // namespace claude_auth
