#include "agents.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/secure_file.h"
#include "claude/client_lock.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

// Longer than ours are ever held.
constexpr Millis kLocksWithin = 10s;

std::string text(const json_t* object, const char* key) {
  return std::string(string_member(object, key).value_or(""));
}

void set_tokens(json_t* login, const IssuedLogin& issued) {
  set_string(login, "accessToken", issued.access_token);
  set_string(login, "refreshToken", issued.refresh_token);
  set_integer(login, "expiresAt", issued.expires_at.time_since_epoch().count());
}

}  // namespace

Json Agents::login_on_disk() const {
  const CredentialsFile file = home_.credentials();
  return file.login() != nullptr ? deep_copy(file.login()) : nullptr;
}

void Agents::log_in() {
  const Json login = new_object();
  set_tokens(login.get(), ledger_.log_in(kAccessLifetime, clock_.now()));
  set_string(login.get(), "scopes", "user:inference user:profile");
  home_.write_login(*login);
  std::ofstream(home_.paths().claude_json) << R"({"oauthAccount":{"emailAddress":"TEST"}})";
}

void Agents::send_message() {
  const Json login = login_on_disk();
  if (!login) return;
  const Instant now = clock_.now();
  const Instant ends{Millis(integer_member(login.get(), "expiresAt").value_or(0))};
  if (ends - now <= kRefreshesAhead ||
      ledger_.check(text(login.get(), "accessToken"), now) != AccessVerdict::accepted)
    refresh();
}

void Agents::refresh() {
  if (const auto issued = ask_for_tokens())
    write_down(*issued);
  else
    empty_login();
}

std::optional<IssuedLogin> Agents::ask_for_tokens() {
  const Json login = login_on_disk();
  return ledger_.refresh(text(login.get(), "refreshToken"), kAccessLifetime, clock_.now());
}

void Agents::write_down(const IssuedLogin& issued) {
  const auto locks =
      ClientLock::acquire(home_.paths().claude_dir, home_.temporary() + "/agents-locks.json",
                          Deadline::in(kLocksWithin));
  const CredentialsFile before = home_.credentials();
  if (!locks || before.login() == nullptr) std::abort();
  const Json login = deep_copy(before.login());
  set_tokens(login.get(), issued);
  overwrite(with_login(before.root.get(), *login));
}

void Agents::empty_login() {
  const CredentialsFile before = home_.credentials();
  if (before.login() == nullptr) return;
  const Json login = deep_copy(before.login());
  set_tokens(login.get(), {.access_token = "", .refresh_token = "", .expires_at = Instant{}});
  overwrite(with_login(before.root.get(), *login));
}

void Agents::abandon_locks() {
  const auto locks = client_lock_directories(home_.paths().claude_dir);
  if (!locks) std::abort();
  // Old enough for everybody to take them over.
  const timespec epoch[2] = {};
  for (const std::string& lock : *locks) {
    ::mkdir(lock.c_str(), 0755);
    ::utimensat(AT_FDCWD, lock.c_str(), epoch, 0);
  }
}

bool Agents::logged_in() const {
  const Json login = login_on_disk();
  return login && ledger_.is_current(text(login.get(), "refreshToken"));
}

std::string Agents::file() const {
  std::ifstream stream(home_.paths().credentials, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void Agents::overwrite(const std::string& bytes) {
  if (!replace_file(home_.paths().credentials, bytes, Durability::fleeting)) std::abort();
}

void Agents::delete_file() {
  ::unlink(home_.paths().credentials.c_str());
}

}  // namespace claude_auth::testing
