// A user who owns his home against root and everybody else: sessions are opened in this process,
// as sshd opens them, while he does what he can. To be run as root in a private copy of the
// machine, which the script `hostile` makes.
//
//   hostile_user SERVICES bounded|full
//
// SERVICES: a directory with the PAM stacks kPatient and kShort.
#include <fcntl.h>
#include <malloc.h>
#include <security/pam_appl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "home_witness.h"
#include "hostile_acts.h"
#include "processes.h"
#include "stage.h"

namespace claude_auth::testing {
namespace {

using std::chrono::milliseconds;
using test::Host;
using test::Opened;
using Strings = std::vector<std::string>;

constexpr char kVariable[] = "CLAUDE_CODE_OAUTH_TOKEN=";
constexpr std::size_t kFailuresShown = 20;
constexpr std::size_t kMostTries = 500;

/// What the module takes to stop a helper, and what a loaded machine may add to it.
constexpr milliseconds kGraces{300};
constexpr milliseconds kNoise{3000};

struct Service {
  const char* name;
  milliseconds total;
};
constexpr Service kPatient{"hostile-patient", milliseconds(2000)};
constexpr Service kShort{"hostile-short", milliseconds(400)};

/// One row of the table.
struct Row {
  const char* what;
  std::size_t logins = 0;
  unsigned long reached = 0;  ///< what the user did, as often
  milliseconds slowest{};
};

/// A person, and the token that may be in her sessions; empty: none.
struct Subject {
  Person person;
  std::string token;
};

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// A limit that leaves one descriptor free: without any libpam itself opens no session.
rlim_t one_more_descriptor() {
  const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return static_cast<rlim_t>(next.get()) + 1;
}

Strings environment_of(Host& host) {
  Strings found;
  char** const list = ::pam_getenvlist(host.handle());
  for (char** entry = list; entry != nullptr && *entry != nullptr; ++entry) {
    found.emplace_back(*entry);
    std::free(*entry);
  }
  std::free(static_cast<void*>(list));
  return found;
}

class Proof {
 public:
  explicit Proof(std::string services) : services_(std::move(services)) {}

  void run(bool full);
  [[nodiscard]] bool holds() const;

 private:
  void witness_is_awake();
  void under(Act act, const char* what, const Subject& subject, const Service& service,
             std::size_t logins);
  void with_each_limit_at_zero();
  void with_a_full_process_table();
  Opened login(const Subject& subject, const Service& service, Row& row);
  void judge(const Subject& subject, const Service& service, const Opened& opened,
             const Strings& environment);
  void in_a_child(const Subject& subject, const char* what, const std::function<void()>& hinder,
                  std::string_view expected_in_log, Row& row);
  void login_comes_back(const Subject& subject, const char* after);
  void print(const Row& row);
  void nothing_runs_on(const char* after);
  void expect(bool fact, const std::string& what) {
    if (!fact) failures_.push_back(what);
  }

  std::string services_;
  Subject alice_{person_called("alice"), ""};
  Subject bob_{person_called("bob"), "sk-ant-oat01-TEST-of-bob"};
  Subject carol_{person_called("carol"), "sk-ant-oat01-TEST-of-carol"};
  Person dora_ = person_called("dora");
  HomeWitness witness_{{{"alice", alice_.person.uid},
                        {"bob", bob_.person.uid},
                        {"carol", carol_.person.uid},
                        {"dora", dora_.uid}}};
  Strings failures_;
};

/// Or its silence would prove nothing.
void Proof::witness_is_awake() {
  (void)UniqueFd(::open(alice_.person.home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  expect(witness_.take().trespasses.size() == 1, "the witness sleeps");
}

Opened Proof::login(const Subject& subject, const Service& service, Row& row) {
  Host host(services_, service.name, subject.person.name.c_str());
  Opened opened = host.open_session();
  judge(subject, service, opened, environment_of(host));
  host.close_session();
  ++row.logins;
  row.slowest = std::max(row.slowest, opened.took);
  return opened;
}

void Proof::judge(const Subject& subject, const Service& service, const Opened& opened,
                  const Strings& environment) {
  const std::string& name = subject.person.name;
  expect(opened.result == PAM_SUCCESS, "no session for " + name);
  expect(opened.took <= service.total + kGraces + kNoise,
         name + " waited " + std::to_string(opened.took.count()) + " ms");
  const bool own_only = environment.empty() || (environment.size() == 1 && !subject.token.empty() &&
                                                environment.front() == kVariable + subject.token);
  expect(own_only,
         "in the session of " + name + ": " + (environment.empty() ? "" : environment.front()));
  for (const std::string& text : opened.told) expect(is_printable(text), "told: " + text);
  for (const auto& line : opened.log) expect(is_printable(line.text), "logged: " + line.text);
}

void Proof::under(Act act, const char* what, const Subject& subject, const Service& service,
                  std::size_t logins) {
  Row row{.what = what};
  {
    const HostileUser user(act, subject.person, dora_);
    // Some are hard to reach: a helper can be traced for its first millisecond only.
    for (std::size_t number = 1; number <= logins || (user.done() == 0 && number <= kMostTries);
         ++number) {
      // The names are his own process's to lose while they change.
      if (act != Act::rename) {
        ::unlink((subject.person.home + "/.claude/.credentials.json").c_str());
      }
      const bool neighbour = number % 10 == 0;
      const Opened opened = login(neighbour ? bob_ : subject, service, row);
      if (neighbour) expect(opened.token == bob_.token, "bob has no token of his own");
    }
    row.reached = user.done();
    expect(row.reached > 0, std::string(what) + ": nothing was reached");
    expect(user.breaches() == 0, std::string(what) + ": root's memory was reached");
  }
  print(row);
  login_comes_back(subject, what);
}

void Proof::in_a_child(const Subject& subject, const char* what,
                       const std::function<void()>& hinder, std::string_view expected_in_log,
                       Row& row) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = test::fork_and([&] {
    Host host(services_, kShort.name, subject.person.name.c_str());
    // Loads the stack, which a host without descriptors or memory could not.
    host.close_session();
    hinder();
    const Opened opened = host.open_session();
    const bool logged = std::ranges::any_of(opened.log, [&](const test::LogLine& line) {
      return line.text.find(expected_in_log) != std::string::npos;
    });
    if (opened.result != PAM_SUCCESS) return 1;
    if (opened.took > kShort.total + kGraces + kNoise) return 2;
    if (opened.token) return 3;
    return logged || expected_in_log.empty() ? 0 : 4;
  });
  const int status = test::exit_status_of(child);
  const auto end = std::chrono::steady_clock::now();
  row.slowest = std::max(row.slowest, std::chrono::duration_cast<milliseconds>(end - start));
  expect(status == 0, std::string(what) + ": the host ended with " + std::to_string(status));
  ++row.logins;
  ++row.reached;
}

void Proof::with_each_limit_at_zero() {
  Row row{.what = "sets a limit of the host to zero, each once (open files: to one)"};
  for (int limit = 0; limit < RLIMIT_NLIMITS; ++limit) {
    ::unlink((alice_.person.home + "/.claude/.credentials.json").c_str());
    const auto hinder = [limit] {
      // What the host itself still needs is there already.
      ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
      ::mallopt(M_MMAP_THRESHOLD, 64 << 20);
      std::free(std::malloc(4 << 20));
      std::array<char, 256 << 10> stack;
      ::explicit_bzero(stack.data(), stack.size());
      const rlim_t least = limit == RLIMIT_NOFILE ? one_more_descriptor() : 0;
      // Linux kills a host without any processor time at the next tick, whatever it does. So this
      // one may outlive its own limit, with which the helper starts all the same.
      ::signal(SIGXCPU, SIG_IGN);
      const rlimit nothing{least, limit == RLIMIT_CPU ? RLIM_INFINITY : least};
      if (::setrlimit(static_cast<__rlimit_resource_t>(limit), &nothing) != 0) std::abort();
    };
    in_a_child(alice_, ("limit " + std::to_string(limit)).c_str(), hinder, "", row);
  }
  print(row);
  login_comes_back(alice_, row.what);
}

void Proof::with_a_full_process_table() {
  Row row{.what = "fills the process table: room for 0, 1, 2 more"};
  for (rlim_t room = 0; room <= 2; ++room) {
    const auto hinder = [this, room] {
      become(alice_.person);
      const rlimit processes{1 + room, 1 + room};
      if (::setrlimit(RLIMIT_NPROC, &processes) != 0) std::abort();
    };
    in_a_child(alice_, ("room for " + std::to_string(room)).c_str(), hinder,
               room < 2 ? "cannot fork: Resource temporarily unavailable" : "", row);
  }
  print(row);
  login_comes_back(alice_, row.what);
}

/// Whatever was done, she has her login, or her token, once it is over.
void Proof::login_comes_back(const Subject& subject, const char* after) {
  const std::string path = subject.person.home + "/.claude/.credentials.json";
  ::unlink(path.c_str());
  Row unused{.what = ""};
  const Opened opened = login(subject, kPatient, unused);
  const bool back =
      subject.token.empty() ? ::access(path.c_str(), F_OK) == 0 : opened.token == subject.token;
  expect(back, std::string("no login came back after ") + after);
}

/// Neither a supervisor, a child of this process, nor a helper.
void Proof::nothing_runs_on(const char* after) {
  expect(!test::has_children(), std::string("a supervisor is left after: ") + after);
  expect(!helper_runs(), std::string("a helper is left after: ") + after);
}

void Proof::print(const Row& row) {
  nothing_runs_on(row.what);
  const Sights seen = witness_.take();
  for (const std::string& trespass : seen.trespasses) failures_.push_back(trespass);
  std::printf("figure: | %s | %zu | %lu | %lld | %lu | %zu |\n", row.what, row.logins, row.reached,
              static_cast<long long>(row.slowest.count()), seen.own, seen.trespasses.size());
  std::fflush(stdout);
}

bool Proof::holds() const {
  for (std::size_t i = 0; i < std::min(failures_.size(), kFailuresShown); ++i) {
    std::printf("FAILED: %s\n", failures_[i].c_str());
  }
  if (failures_.size() > kFailuresShown) std::printf("FAILED: %zu in all\n", failures_.size());
  return failures_.empty();
}

void Proof::run(bool full) {
  const std::size_t many = full ? 5000 : 150;
  const std::size_t few = full ? 200 : 10;
  std::puts(
      "figure: | while he | logins | reached | slowest, ms | opened by its owner | by others |");
  std::puts("figure: | --- | --- | --- | --- | --- | --- |");
  witness_is_awake();
  under(Act::rename, "renames, with a login to restore", alice_, kPatient, many);
  under(Act::rename, "renames, with a setup token", carol_, kPatient, many);
  under(Act::stop, "sends SIGSTOP to every helper", alice_, kShort, few);
  under(Act::kill, "sends SIGKILL to every helper", alice_, kShort, few);
  under(Act::trace, "attaches to every helper by ptrace", alice_, kShort, few);
  under(Act::lock, "holds every lock of ours", alice_, kShort, few);
  with_each_limit_at_zero();
  with_a_full_process_table();
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  if (argc != 3) {
    std::fputs("usage: hostile_user SERVICES bounded|full\n", stderr);
    return 2;
  }
  Proof proof(argv[1]);
  proof.run(std::string_view(argv[2]) == "full");
  return proof.holds() ? EXIT_SUCCESS : EXIT_FAILURE;
}
