// login-cost: what a session costs with each of four PAM stacks, opened in turn in this one
// process.
//
//   login-cost heading
//   login-cost row USER WHAT STATIC_TRUE [lost=FILE] [token]
//
// A row is one line of the table that `heading` begins: the time that a stack adds to a session of
// USER over a stack of pam_permit alone. `lost=FILE` removes FILE before each session and expects
// pam_claude to bring it back; `token` expects CLAUDE_CODE_OAUTH_TOKEN in its session. What is
// expected and does not happen is an error: another thing than WHAT would have been measured.
#include <dlfcn.h>
#include <security/pam_appl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t kWarmUp = 3;
constexpr std::size_t kRounds = 100;
constexpr std::size_t kFewestRounds = 50;
constexpr std::chrono::seconds kLongest{10};  // of one row, once it has its fewest rounds

enum Stack : std::size_t { nothing, pam_exec, module_alone, pam_claude, stacks };

constexpr std::array<const char*, stacks> kServices = {"cost-nothing", "cost-pam-exec",
                                                       "cost-module-alone", "cost-pam-claude"};

struct Subject {
  std::string user;
  std::string what;
  std::string static_true;
  std::string lost_file{};
  bool token = false;
};

/// The times of one stack's sessions.
using Times = std::vector<Milliseconds>;

Milliseconds quantile(Times times, double share) {
  std::ranges::sort(times);
  return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
}

int silent(int /*count*/, const pam_message** /*messages*/, pam_response** /*responses*/,
           void* /*data*/) {
  return PAM_CONV_ERR;
}

/// A directory of PAM services, one for each stack.
class Services {
 public:
  explicit Services(const Subject& subject) {
    char name[] = "/tmp/login-cost.XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = name;
    const std::array<std::string, stacks> lines = {
        "", "session optional pam_exec.so " + subject.static_true + "\n",
        "session optional pam_claude.so helper=" + subject.static_true + "\n",
        "session optional pam_claude.so\n"};
    for (std::size_t stack = 0; stack < stacks; ++stack) write(kServices[stack], lines[stack]);
    write("other", "");
  }
  ~Services() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  [[nodiscard]] const char* directory() const { return directory_.c_str(); }

 private:
  void write(const char* service, const std::string& lines) const {
    std::ofstream file(directory_ + "/" + service);
    file << lines << "session required pam_permit.so\n";
  }

  std::string directory_;
};

void must(int result, const char* what) {
  if (result != PAM_SUCCESS) {
    throw std::runtime_error(std::string(what) + ": " + ::pam_strerror(nullptr, result));
  }
}

void expect_outcome(const Subject& subject, pam_handle_t* pamh) {
  if (!subject.lost_file.empty() && !std::filesystem::exists(subject.lost_file)) {
    throw std::runtime_error(subject.lost_file + " was not restored");
  }
  if (subject.token != (::pam_getenv(pamh, "CLAUDE_CODE_OAUTH_TOKEN") != nullptr)) {
    throw std::runtime_error("CLAUDE_CODE_OAUTH_TOKEN is not as expected");
  }
}

/// One whole session with `stack`, from pam_start to pam_end.
Milliseconds session(const Services& services, const Subject& subject, Stack stack) {
  if (!subject.lost_file.empty()) std::filesystem::remove(subject.lost_file);
  const pam_conv conversation{silent, nullptr};
  pam_handle_t* pamh = nullptr;
  const auto start = steady_clock::now();
  must(::pam_start_confdir(kServices[stack], subject.user.c_str(), &conversation,
                           services.directory(), &pamh),
       "pam_start_confdir");
  must(::pam_open_session(pamh, PAM_SILENT), "pam_open_session");
  const auto opened = steady_clock::now();
  if (stack == pam_claude) expect_outcome(subject, pamh);
  const auto checked = steady_clock::now();
  must(::pam_close_session(pamh, PAM_SILENT), "pam_close_session");
  must(::pam_end(pamh, PAM_SUCCESS), "pam_end");
  return (opened - start) + (steady_clock::now() - checked);
}

/// libpam would load a module anew for every session; pam_claude.so stays by itself.
void keep_loaded(const char* module) {
  const std::string path = std::string(CLAUDE_AUTH_SECURITYDIR "/") + module;
  if (::dlopen(path.c_str(), RTLD_NOW | RTLD_NODELETE) == nullptr) {
    throw std::runtime_error(::dlerror());
  }
}

std::array<Times, stacks> measure(const Subject& subject) {
  for (const char* module : {"pam_permit.so", "pam_exec.so"}) keep_loaded(module);
  const Services services(subject);
  const auto end = steady_clock::now() + kLongest;
  std::array<Times, stacks> times;
  for (std::size_t round = 0; round < kWarmUp + kRounds; ++round) {
    if (round >= kWarmUp + kFewestRounds && steady_clock::now() > end) break;
    // Each stack goes first in its turn, so that none always pays for the one before it.
    for (std::size_t i = 0; i < stacks; ++i) {
      const auto stack = static_cast<Stack>((round + i) % stacks);
      const Milliseconds took = session(services, subject, stack);
      if (round >= kWarmUp) times[stack].push_back(took);
    }
  }
  return times;
}

void print_heading() {
  std::printf("%-38s %35s   %20s\n", "", "added to a session, ms (median)",
              "pam_claude as much as");
  std::printf("%-38s %8s %8s %10s %6s   %9s %10s %9s\n", "what the login finds", "pam_exec",
              "module", "pam_claude", "p90", "pam_exec", "module", "sessions");
}

void print_row(const Subject& subject, const std::array<Times, stacks>& times) {
  const Milliseconds base = quantile(times[nothing], 0.5);
  const auto added = [&](Stack stack, double share) {
    return (quantile(times[stack], share) - base).count();
  };
  const double exec = added(pam_exec, 0.5);
  const double alone = added(module_alone, 0.5);
  const double whole = added(pam_claude, 0.5);
  std::printf("%-38s %8.2f %8.2f %10.2f %6.2f   %7.2f x %8.2f x %9zu\n", subject.what.c_str(), exec,
              alone, whole, added(pam_claude, 0.9), whole / exec, whole / alone,
              times[nothing].size());
}

Subject parse_row(std::span<char*> arguments) {
  if (arguments.size() < 3) throw std::runtime_error("row: USER WHAT STATIC_TRUE expected");
  Subject subject{.user = arguments[0], .what = arguments[1], .static_true = arguments[2]};
  constexpr std::string_view kLost = "lost=";
  for (const std::string_view argument : arguments.subspan(3)) {
    if (argument.starts_with(kLost)) {
      subject.lost_file = argument.substr(kLost.size());
    } else if (argument == "token") {
      subject.token = true;
    } else {
      throw std::runtime_error("row: unknown argument " + std::string(argument));
    }
  }
  return subject;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const std::string_view command = argc > 1 ? argv[1] : "";
  try {
    if (command == "heading") {
      print_heading();
    } else if (command == "row") {
      const Subject subject = parse_row(arguments.subspan(2));
      print_row(subject, measure(subject));
    } else {
      throw std::runtime_error("heading or row expected");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "login-cost: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
