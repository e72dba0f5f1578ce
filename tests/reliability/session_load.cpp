// session-load: many sessions of many users, opened and closed in one process as a login service
// does, several at once.
//
//   session_load SERVICE LOGINS LIMIT_MS USER...
//
// Prints how many there were, were denied, and took longer than LIMIT_MS, the slowest, and what the
// process had of descriptors and memory once each user had been in once, and at the end.
#include <security/pam_appl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kAtOnce = 8;

struct Load {
  const char* service;
  std::span<char*> users;
};

struct Outcome {
  std::size_t denied = 0;
  std::vector<milliseconds> took;
};

int silent(int /*count*/, const pam_message** /*messages*/, pam_response** /*responses*/,
           void* /*data*/) {
  return PAM_CONV_ERR;
}

bool open_and_close(const char* service, const char* user, milliseconds& took) {
  const pam_conv conversation{silent, nullptr};
  pam_handle_t* pamh = nullptr;
  const auto start = steady_clock::now();
  if (::pam_start(service, user, &conversation, &pamh) != PAM_SUCCESS) return false;
  const int opened = ::pam_open_session(pamh, PAM_SILENT);
  took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  if (opened == PAM_SUCCESS) ::pam_close_session(pamh, PAM_SILENT);
  ::pam_end(pamh, opened);
  return opened == PAM_SUCCESS;
}

/// Logins number `first` to `last` of `load`, its users in turn.
Outcome run(const Load& load, std::size_t first, std::size_t last) {
  std::atomic<std::size_t> next = first;
  std::vector<Outcome> outcomes(kAtOnce);
  {
    std::vector<std::jthread> threads;
    for (Outcome& outcome : outcomes) {
      threads.emplace_back([&load, &next, &outcome, last] {
        for (std::size_t i = next++; i < last; i = next++) {
          milliseconds took{};
          if (!open_and_close(load.service, load.users[i % load.users.size()], took))
            ++outcome.denied;
          outcome.took.push_back(took);
        }
      });
    }
  }
  Outcome all;
  for (const Outcome& outcome : outcomes) {
    all.denied += outcome.denied;
    all.took.insert(all.took.end(), outcome.took.begin(), outcome.took.end());
  }
  return all;
}

std::ptrdiff_t descriptors() {
  const std::filesystem::directory_iterator own("/proc/self/fd");
  return std::distance(begin(own), end(own));
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (argc < 5) {
    std::fprintf(stderr, "session_load: SERVICE LOGINS LIMIT_MS USER... expected\n");
    return EXIT_FAILURE;
  }
  const Load load{arguments[1], arguments.subspan(4)};
  const std::size_t logins = std::stoul(arguments[2]);
  const milliseconds limit(std::stol(arguments[3]));

  Outcome all = run(load, 0, load.users.size());
  const auto descriptors_before = descriptors();
  const long kib_before = resident_kib();
  const Outcome rest = run(load, load.users.size(), logins);
  all.denied += rest.denied;
  all.took.insert(all.took.end(), rest.took.begin(), rest.took.end());

  std::ranges::sort(all.took);
  const auto late =
      std::ranges::count_if(all.took, [&](milliseconds took) { return took > limit; });
  std::printf("%zu %zu %td %lld %lld %td %td %ld %ld\n", all.took.size(), all.denied, late,
              static_cast<long long>(all.took[all.took.size() / 2].count()),
              static_cast<long long>(all.took.back().count()), descriptors_before, descriptors(),
              kib_before, resident_kib());
  return EXIT_SUCCESS;
}
