// fleet-load: what a fleet asks of its Vault in a working day, simulated second by second from the
// request counts that tests/e2e/cases/cost.sh holds the programs to.
//
//   fleet-load
//
// A seat is one user on one host; there are ten on each. A seat syncs every six hours at a moment
// of its own within the timer's RandomizedDelaySec (systemd/claude-auth-sync@.timer), or with none
// within AccuracySec, all seats of a host at once. People come between 8:45 and 9:15 and log in
// eight times a day; a login asks the store when nothing has for an hour (fresh_for). The login is
// rotated every eight hours and backed up by the watch. Nobody has a setup token: the worst case.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

namespace {

constexpr int kMinute = 60;
constexpr int kHour = 60 * kMinute;
constexpr int kDay = 24 * kHour;

constexpr int kSyncEvery = 6 * kHour;
constexpr int kRotationEvery = 8 * kHour;
constexpr int kFreshFor = kHour;
constexpr int kAccuracy = kMinute;
constexpr int kComingFrom = 8 * kHour + 45 * kMinute;
constexpr int kComingWithin = 30 * kMinute;
constexpr int kLoginsLater = 7;
constexpr int kWorkingFor = 8 * kHour;
constexpr int kSeatsPerHost = 10;

struct Asks {
  unsigned requests;
  unsigned writes;  ///< in the server's storage: of a document, or of a lease
};
constexpr Asks kSync{3, 1};  // look-up, renewal, read
constexpr Asks kLogin{1, 0};
constexpr Asks kBackup{2, 1};

/// A day at the server, second by second.
struct Day {
  std::vector<unsigned> requests = std::vector<unsigned>(kDay);
  std::vector<unsigned> writes = std::vector<unsigned>(kDay);

  void add(int second, Asks asks) {
    const auto at = static_cast<std::size_t>(second % kDay);
    requests[at] += asks.requests;
    writes[at] += asks.writes;
  }
};

class Chance {
 public:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(engine_); }

 private:
  std::mt19937_64 engine_{1};
};

/// The logins of one seat, of which those ask that find nothing fresh.
void log_in(Day& day, int sync_at, Chance& chance) {
  std::array<int, kLoginsLater + 1> moments{};
  moments[0] = kComingFrom + chance.below(kComingWithin);
  for (std::size_t i = 1; i < moments.size(); ++i)
    moments[i] = moments[0] + chance.below(kWorkingFor);
  std::ranges::sort(moments);
  int asked = -kFreshFor;
  for (const int now : moments) {
    const int synced = sync_at + (now - sync_at) / kSyncEvery * kSyncEvery;
    if (now - std::max(asked, synced <= now ? synced : -kFreshFor) < kFreshFor) continue;
    day.add(now, kLogin);
    asked = now;
  }
}

Day simulate(int users, int jitter, Chance& chance) {
  Day day;
  int host_moment = 0;
  for (int user = 0; user < users; ++user) {
    if (user % kSeatsPerHost == 0) host_moment = chance.below(kAccuracy);
    const int sync_at = jitter > 0 ? chance.below(jitter) : host_moment;
    for (int at = sync_at; at < sync_at + kDay; at += kSyncEvery) day.add(at, kSync);
    const int rotation = chance.below(kRotationEvery);
    for (int at = rotation; at < rotation + kDay; at += kRotationEvery) day.add(at, kBackup);
    log_in(day, sync_at, chance);
  }
  return day;
}

struct Rate {
  double mean;
  unsigned p99;
  unsigned most;
};

Rate rate_of(std::vector<unsigned> seconds) {
  std::ranges::sort(seconds);
  std::uint64_t sum = 0;
  for (const unsigned count : seconds) sum += count;
  return {static_cast<double>(sum) / kDay, seconds[seconds.size() * 99 / 100], seconds.back()};
}

struct Jitter {
  const char* name;
  int seconds;
};

}  // namespace

int main() {
  constexpr std::array kJitters{Jitter{"none", 0}, Jitter{"15 min", 15 * kMinute},
                                Jitter{"1 h", kHour}, Jitter{"6 h", 6 * kHour}};
  std::printf("%8s %7s %8s   %26s   %26s\n", "", "", "", "requests per second", "of these writes");
  std::printf("%8s %7s %8s   %8s %8s %8s   %8s %8s %8s\n", "users", "hosts", "jitter", "mean",
              "p99", "most", "mean", "p99", "most");
  Chance chance;
  for (const int users : {1'000, 10'000, 100'000}) {
    for (const Jitter& jitter : kJitters) {
      const Day day = simulate(users, jitter.seconds, chance);
      const Rate all = rate_of(day.requests);
      const Rate writes = rate_of(day.writes);
      std::printf("%8d %7d %8s   %8.2f %8u %8u   %8.2f %8u %8u\n", users, users / kSeatsPerHost,
                  jitter.name, all.mean, all.p99, all.most, writes.mean, writes.p99, writes.most);
    }
  }
}
