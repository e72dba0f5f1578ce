// login-rewriter: a program that writes Claude's credentials file again and again, always the
// login that it read, as a foreign tool or a job of ours would.
//
//   login-rewriter locked|unlocked HOME EVERY-MS HELD-MS
//
// Reads, waits HELD-MS, writes; under Claude's three locks, or without a care. Runs until TERM.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/secure_file.h"
#include "claude/client_lock.h"
#include "claude/credentials.h"

namespace {

using namespace claude_auth;
using namespace std::chrono_literals;

constexpr Millis kBusyFor = 2s;

void wait_for(int ms) {
  ::poll(nullptr, 0, ms);
}

void rewrite(const std::string& path, int held_ms) {
  const CredentialsFile file = read_credentials(path, ::geteuid());
  wait_for(held_ms);
  if (file.login() == nullptr) return;
  const std::string bytes = with_login(file.root.get(), *file.login());
  if (const auto written = replace_file(file.target, bytes, Durability::durable); !written)
    std::printf("%s\n", written.error().sentence().c_str());
}

void rewrite_locked(const std::string& home, const std::string& path, int held_ms) {
  const SignalBlock no_polite_death;
  const auto lock = ClientLock::acquire(home + "/.claude", home + "/.rewriter-locks.json",
                                        Deadline::in(kBusyFor));
  if (lock)
    rewrite(path, held_ms);
  else
    std::printf("%s\n", lock.error().sentence.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: login-rewriter locked|unlocked HOME EVERY-MS HELD-MS\n", stderr);
    return 2;
  }
  const bool locked = std::string_view(argv[1]) == "locked";
  const std::string home = argv[2];
  const std::string path = home + "/.claude/.credentials.json";
  const int every_ms = std::stoi(argv[3]);
  const int held_ms = std::stoi(argv[4]);
  for (;;) {
    const Deadline next = Deadline::in(Millis(every_ms));
    if (locked)
      rewrite_locked(home, path, held_ms);
    else
      rewrite(path, held_ms);
    wait_for(next.poll_timeout());
  }
}
