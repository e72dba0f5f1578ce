// process-cost: what whole processes cost, ours and a peer's in turns, or many at once. Each runs
// as a user of this machine with an environment of his own and with nothing on its standard
// streams.
//
//   process-cost pair ROUNDS USER COMMAND... -- PEER...
//   process-cost crowd COUNT USER-PATTERN COMMAND...
//
// `pair` prints the medians of wall and CPU time in milliseconds: WALL CPU PEER-WALL PEER-CPU.
// `crowd` starts COUNT at once, %n of the pattern and of each argument being 1 to COUNT, and prints
// how long the slowest and the middle one took: SLOWEST MEDIAN. A process that fails is an error.
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
using Words = std::vector<std::string>;

/// What one process took.
struct Cost {
  Milliseconds wall{};
  Milliseconds cpu{};
};

struct User {
  uid_t uid;
  gid_t gid;
  std::string name;
  std::string home;
};

User find_user(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) throw std::runtime_error("no user " + name);
  return {entry->pw_uid, entry->pw_gid, name, entry->pw_dir};
}

/// A command as execve(2) takes it, so that nothing is left to do between fork and exec.
class Launch {
 public:
  Launch(User user, Words words)
      : user_(std::move(user)),
        words_(std::move(words)),
        variables_{"HOME=" + user_.home, "USER=" + user_.name, "LOGNAME=" + user_.name,
                   "PATH=/usr/local/bin:/usr/bin:/bin"} {
    for (std::string& word : words_) arguments_.push_back(word.data());
    arguments_.push_back(nullptr);
    for (std::string& variable : variables_) environment_.push_back(variable.data());
    environment_.push_back(nullptr);
  }

  [[nodiscard]] pid_t start() const {
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("fork failed");
    if (pid > 0) return pid;
    const int null = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
    if (::setgroups(0, nullptr) != 0 || ::setgid(user_.gid) != 0 || ::setuid(user_.uid) != 0 ||
        ::chdir("/") != 0)
      ::_exit(126);
    ::execve(arguments_[0], arguments_.data(), environment_.data());
    ::_exit(127);
  }

  [[nodiscard]] const std::string& name() const { return words_[0]; }

 private:
  User user_;
  Words words_;
  Words variables_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

Milliseconds milliseconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

struct Ended {
  pid_t pid;
  Milliseconds cpu;
};

Ended wait_for(pid_t which, const std::string& name) {
  int status = 0;
  rusage used{};
  const pid_t pid = ::wait4(which, &status, 0, &used);
  if (pid < 0) throw std::runtime_error("wait4 failed");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(name + " failed with status " + std::to_string(status));
  return {pid, milliseconds(used.ru_utime) + milliseconds(used.ru_stime)};
}

Cost run(const Launch& launch) {
  const auto start = steady_clock::now();
  const Ended ended = wait_for(launch.start(), launch.name());
  return {steady_clock::now() - start, ended.cpu};
}

Milliseconds median(std::vector<Milliseconds> times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

void measure_pair(std::size_t rounds, const Launch& ours, const Launch& peer) {
  constexpr std::size_t kWarmUp = 2;
  std::vector<Milliseconds> wall[2];
  std::vector<Milliseconds> cpu[2];
  for (std::size_t round = 0; round < kWarmUp + rounds; ++round) {
    for (std::size_t turn = 0; turn < 2; ++turn) {
      // Each goes first in its turn.
      const std::size_t which = (round + turn) % 2;
      const Cost cost = run(which == 0 ? ours : peer);
      if (round < kWarmUp) continue;
      wall[which].push_back(cost.wall);
      cpu[which].push_back(cost.cpu);
    }
  }
  std::printf("%.2f %.2f %.2f %.2f\n", median(wall[0]).count(), median(cpu[0]).count(),
              median(wall[1]).count(), median(cpu[1]).count());
}

std::string numbered(std::string text, std::size_t number) {
  for (std::size_t at = 0; (at = text.find("%n", at)) != std::string::npos;)
    text.replace(at, 2, std::to_string(number));
  return text;
}

void measure_crowd(std::size_t count, const std::string& pattern, const Words& words) {
  std::vector<Launch> launches;
  for (std::size_t number = 1; number <= count; ++number) {
    Words own;
    for (const std::string& word : words) own.push_back(numbered(word, number));
    launches.emplace_back(find_user(numbered(pattern, number)), own);
  }
  std::map<pid_t, steady_clock::time_point> started;
  for (const Launch& launch : launches) {
    const auto now = steady_clock::now();
    started.emplace(launch.start(), now);
  }
  std::vector<Milliseconds> took;
  while (!started.empty()) {
    const pid_t pid = wait_for(-1, words[0]).pid;
    took.emplace_back(steady_clock::now() - started.at(pid));
    started.erase(pid);
  }
  std::printf("%.2f %.2f\n", std::ranges::max(took).count(), median(took).count());
}

std::size_t number_in(const std::string& word) {
  const int number = std::stoi(word);
  if (number < 1) throw std::runtime_error("no number above 0: " + word);
  return static_cast<std::size_t>(number);
}

void dispatch(const Words& words) {
  if (words.size() < 4) throw std::runtime_error("too few arguments");
  const Words rest(words.begin() + 3, words.end());
  if (words[0] == "crowd") return measure_crowd(number_in(words[1]), words[2], rest);
  if (words[0] != "pair") throw std::runtime_error("pair or crowd expected");
  const auto dashes = std::ranges::find(rest, "--");
  if (dashes == rest.begin() || dashes == rest.end() || dashes + 1 == rest.end())
    throw std::runtime_error("COMMAND... -- PEER... expected");
  const User user = find_user(words[2]);
  measure_pair(number_in(words[1]), Launch(user, Words(rest.begin(), dashes)),
               Launch(user, Words(dashes + 1, rest.end())));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    dispatch(Words(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "process-cost: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
