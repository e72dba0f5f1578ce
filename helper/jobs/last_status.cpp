#include "jobs/last_status.h"

#include <unistd.h>

#include "base/errors.h"
#include "base/json.h"
#include "base/secure_file.h"

namespace claude_auth {
namespace {

constexpr std::size_t kMaxFile = 64 << 10;
constexpr std::int64_t kLargestCount = 1'000'000'000;
// For change.lock: where somebody may be waiting, and where nobody is.
constexpr Millis kAwaited{50};
constexpr Millis kUnattended{2'000};

/// Whether the job is one that looks after a login with nobody waiting for it.
bool is_unattended(Job job) {
  return job == Job::sync || job == Job::watch || job == Job::backup;
}

bool is_success(const JobEnd& end) {
  return is_unattended(end.job) && (end.status == Status::ok || end.status == Status::recovered);
}

/// A number that nobody can have counted to is none, and could not be added to.
std::int64_t count_member(const json_t* kept, const char* key) {
  const std::int64_t count = integer_member(kept, key).value_or(0);
  return count >= 0 && count <= kLargestCount ? count : 0;
}

void add(const JobEnd& end, LastStatus& last) {
  last.line = {.word = std::string(word(end.status)),
               .reason = printable(end.reason, kMaxReason),
               .at = end.at,
               .rejected_login = std::string(end.rejected_login)};
  if (is_success(end)) last.last_success_at = end.at;
  const int recoveries = end.recoveries_before + (end.status == Status::recovered ? 1 : 0);
  if (end.job == Job::sync || end.job == Job::watch) last.heals += recoveries;
  if (end.job == Job::login || end.job == Job::restore) last.restores += recoveries;
}

Json to_json(const LastStatus& last) {
  Json kept = new_object();
  if (last.line) {
    set_string(kept.get(), "status", last.line->word);
    set_string(kept.get(), "reason", last.line->reason);
    set_instant(kept.get(), "at_ms", last.line->at);
    if (!last.line->rejected_login.empty())
      set_string(kept.get(), "rejected_login", last.line->rejected_login);
  }
  set_instant(kept.get(), "last_success_at_ms", last.last_success_at);
  set_integer(kept.get(), "heals", last.heals);
  set_integer(kept.get(), "restores", last.restores);
  return kept;
}

}  // namespace

void keep_status(const Paths& paths, const JobEnd& end) {
  // Without it, a job that ends in the same moment may lose a count; this line is kept all the
  // same.
  const auto lock = FileLock::acquire(
      paths.change_lock, Deadline::in(is_unattended(end.job) ? kUnattended : kAwaited));
  LastStatus last = load_last_status(paths);
  add(end, last);
  if (lock) remove_leftovers(paths.last_status);
  static_cast<void>(
      replace_file(paths.last_status, dump(to_json(last).get()), Durability::fleeting));
}

LastStatus load_last_status(const Paths& paths) {
  const auto text = read_small_file(
      paths.last_status, {.owner = ::geteuid(), .forbidden_bits = 0022, .max_bytes = kMaxFile});
  const auto kept = text ? parse_object(*text) : std::unexpected(JsonError::not_an_object);
  if (!kept) return {};
  LastStatus last;
  const auto status = string_member(kept->get(), "status");
  const auto at = instant_member(kept->get(), "at_ms");
  if (status && at)
    last.line = {
        .word = printable(*status),
        .reason = printable(string_member(kept->get(), "reason").value_or(""), kMaxReason),
        .at = *at,
        .rejected_login = std::string(string_member(kept->get(), "rejected_login").value_or(""))};
  last.last_success_at = instant_member(kept->get(), "last_success_at_ms");
  last.heals = count_member(kept->get(), "heals");
  last.restores = count_member(kept->get(), "restores");
  return last;
}

}  // namespace claude_auth
