// What a user's jobs last came to: last-status.json, for `status` and for the alerts behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/paths.h"
#include "base/status_log.h"

namespace claude_auth {

/// What is kept of a reason, in bytes.
inline constexpr std::size_t kMaxReason = 1'000;

/// Whose line it is, where that counts.
enum class Job { other, login, sync, watch, backup, restore };

struct LastStatus {
  struct Line {
    std::string word;  ///< OK, SKIP, WARN, RECOVERED, FAIL
    std::string reason;
    Instant at;
    std::string rejected_login{};  ///< the generation's hash that Claude rejected; mostly empty
  };
  std::optional<Line> line;  ///< nothing where no job has ended yet
  /// When `sync`, `backup` or `watch` last ended with OK or RECOVERED: the login, or the setup
  /// token in its place, was good then, or safe in the store.
  std::optional<Instant> last_success_at;
  std::int64_t heals = 0;     ///< RECOVERED lines of `sync` and `watch`
  std::int64_t restores = 0;  ///< RECOVERED lines of `login` and `restore`
};

/// How a job ended.
struct JobEnd {
  Job job = Job::other;
  Status status = Status::ok;
  std::string_view reason;  ///< holds no secret: it is a log line's
  Instant at;
  std::string_view rejected_login{};  ///< as in LastStatus
  int recoveries_before = 0;          ///< RECOVERED lines before this last one
};

/// Keeps `end`. Waits 50 ms at most, and fails in silence: no job ends otherwise because of it.
void keep_status(const Paths& paths, const JobEnd& end);

/// What is kept; nothing where the file is absent, garbled or not this user's own.
[[nodiscard]] LastStatus load_last_status(const Paths& paths);

}  // namespace claude_auth
