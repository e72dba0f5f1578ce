#include "jobs/change.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/errors.h"
#include "claude/client_lock.h"
#include "claude/oauth_env.h"

namespace claude_auth {
namespace {

// Below this no lock of Claude's is taken: there would be no time left to give it back in order.
constexpr Millis kLockNeeds{200};

std::unexpected<ChangeError> broken(std::string sentence) {
  return std::unexpected(ChangeError{.sentence = std::move(sentence)});
}

// A malformed file may still hold a person's mcpOAuth: a second name keeps its every byte. Returns
// that name.
std::expected<std::string, std::string> keep_aside(const Context& context,
                                                   const std::string& target) {
  const std::string aside =
      target + ".malformed-" + std::to_string(context.clock.now().time_since_epoch().count());
  if (::link(target.c_str(), aside.c_str()) == 0) return aside;
  return std::unexpected("cannot keep the malformed " + target + " as " + aside + ": " +
                         errno_text(errno));
}

std::expected<void, ChangeError> write_credentials(const Context& context, const Observation& seen,
                                                   const json_t& login) {
  std::string aside;
  if (seen.login == LocalLogin::malformed) {
    auto kept = keep_aside(context, seen.file.target);
    if (!kept) return broken(kept.error());
    aside = *kept;
  }
  remove_leftovers(seen.file.target);
  std::string bytes = with_login(seen.file.root.get(), login);
  const auto written = replace_file(seen.file.target, bytes, Durability::durable);
  wipe(bytes);
  if (written) return {};
  // Where nothing was replaced, which a directory that could not be flushed does not say, no second
  // name is needed, and none more at each try.
  if (!aside.empty() && file_identity(aside) == file_identity(seen.file.target))
    ::unlink(aside.c_str());
  return broken(written.error().sentence());
}

// A symbolic link keeps its target: a dangling one would prove nothing to the next look.
std::expected<void, ChangeError> write_rest(const Context& context, const Observation& seen) {
  const std::string& target = seen.file.target;
  remove_leftovers(target);
  std::string rest = without_login(*seen.file.root);
  const bool whole_file = rest.empty() && target == context.paths.credentials;
  const auto written = whole_file
                           ? remove_file(target)
                           : replace_file(target, rest.empty() ? "{}" : rest, Durability::durable);
  wipe(rest);
  if (!written) return broken(written.error().sentence());
  return {};
}

bool has_content(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 && info.st_size > 0;
}

// What the holder of all locks has in hand.
struct Hold {
  const Observation& seen;
  Stamps& stamps;
  const ChangeLock& change_lock;
};

// Rule 5: `change` runs under all locks, where what is there then still wants it.
template <typename Change>
std::expected<Replaced, ChangeError> change_login(const Context& context,
                                                  const StillWanted& still_wanted,
                                                  Deadline deadline, Change change) {
  if (deadline.remaining() < kLockNeeds)
    return broken("too little of the deadline is left to take Claude's locks");
  if (auto made = make_directories(context.paths.claude_dir, 0700); !made)
    return broken(made.error().sentence());

  const SignalBlock no_polite_death;
  auto change_lock = ChangeLock::acquire(context, deadline.earlier_by(kLockNeeds));
  if (!change_lock) return std::unexpected(change_lock.error());
  auto stamps = load_stamps(context);
  if (!stamps) return broken(stamps.error());

  auto client_lock = ClientLock::acquire(context.paths.claude_dir, context.paths.client_locks,
                                         deadline.earlier_by(kLockNeeds));
  if (!client_lock)
    return std::unexpected(ChangeError{.busy = client_lock.error().busy,
                                       .sentence = std::move(client_lock.error().sentence)});

  const Observation seen = observe(context, stamps->generations);
  remember(seen, stamps->generations);
  if (!still_wanted(seen, stamps->generations)) return Replaced::not_wanted;
  const std::expected<void, ChangeError> changed =
      change(Hold{.seen = seen, .stamps = *stamps, .change_lock = *change_lock});
  if (!changed) return std::unexpected(changed.error());
  return Replaced::replaced;
}

}  // namespace

std::expected<Replaced, ChangeError> replace_login(const Context& context, const json_t& login,
                                                   const StillWanted& still_wanted,
                                                   Deadline deadline) {
  const auto replace = [&](const Hold& hold) -> std::expected<void, ChangeError> {
    // A dead generation's one restore is used up before it is written, but for as long as the file
    // that it replaces is still there: neither a kill nor a full disk gives it a second one, or
    // takes the first. Seen it is only once it is there: else a wipe that is still on disk
    // would count as this generation's death.
    const Generation generation = generation_of(login);
    hold.stamps.generations.note_restored(generation.hash, file_identity(hold.seen.file.target));
    // On disk before the login is: a power cut must not bring back what was known to be dead.
    if (auto saved = save_stamps(context, hold.change_lock, hold.stamps, Durability::durable);
        !saved)
      return broken(saved.error());
    if (auto written = write_credentials(context, hold.seen, login); !written) return written;
    hold.stamps.generations.see(generation);
    // The login is in place; what cannot be stamped now is seen by the next job.
    static_cast<void>(save_stamps(context, hold.change_lock, hold.stamps));
    return {};
  };
  return change_login(context, still_wanted, deadline, replace);
}

std::expected<Replaced, ChangeError> remove_login(const Context& context,
                                                  const StillWanted& still_wanted,
                                                  Deadline deadline) {
  return change_login(context, still_wanted, deadline,
                      [&](const Hold& hold) { return write_rest(context, hold.seen); });
}

std::expected<void, ChangeError> write_token_env(const Context& context, const Secret& token,
                                                 Deadline deadline) {
  if (auto made = make_directories(context.paths.config_dir, 0700); !made)
    return broken(made.error().sentence());
  auto lock = ChangeLock::acquire(context, deadline);
  if (!lock) return std::unexpected(lock.error());
  auto here = read_oauth_env(context.paths.token_env, context.user.uid);
  if (!here) return broken(here.error().sentence());
  if (here->same_as(token)) return {};
  if (here->empty() && has_content(context.paths.token_env))
    return broken(context.paths.token_env +
                  " holds something else than one setup token: move it away");
  remove_leftovers(context.paths.token_env);
  std::string line = oauth_env_line(token);
  const auto written = replace_file(context.paths.token_env, line, Durability::durable);
  wipe(line);
  if (!written) return broken(written.error().sentence());
  return {};
}

std::expected<void, ChangeError> remove_token_env(const Context& context, Deadline deadline) {
  if (::access(context.paths.token_env.c_str(), F_OK) != 0 && errno == ENOENT) return {};
  auto lock = ChangeLock::acquire(context, deadline);
  if (!lock) return std::unexpected(lock.error());
  const auto here = read_oauth_env(context.paths.token_env, context.user.uid);
  if (!here) return broken(here.error().sentence());
  if (here->empty() && has_content(context.paths.token_env)) return {};
  if (auto removed = remove_file(context.paths.token_env); !removed)
    return broken(removed.error().sentence());
  return {};
}

void clear_after_the_dead(const Context& context) {
  const Paths& paths = context.paths;
  if (::access(paths.client_locks.c_str(), F_OK) != 0 && !has_temporary_files(paths.state_dir))
    return;
  // Busy means that their owner lives: one try is enough.
  const auto lock = ChangeLock::acquire(context, Deadline::in(Millis(0)));
  if (!lock) return;
  remove_dead_locks(paths.client_locks);
  for (const std::string* path :
       {&paths.state, &paths.last_status, &paths.client_locks, &paths.paused})
    remove_leftovers(*path);
}

}  // namespace claude_auth
