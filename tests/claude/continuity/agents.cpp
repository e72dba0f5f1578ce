#include "agents.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/secure_file.h"

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

Agents::Agents(const UserId& user, TokenEndpoint& endpoint, const Clock& clock,
               std::string lock_record)
    : user_(user),
      paths_(paths_for(user, no_environment()).value()),
      endpoint_(endpoint),
      clock_(clock),
      lock_record_(std::move(lock_record)) {
  std::filesystem::create_directories(paths_.claude_dir);
}

CredentialsFile Agents::credentials() const {
  return read_credentials(paths_.credentials, user_.uid);
}

std::string Agents::refresh_token() const {
  return text(credentials().login(), "refreshToken");
}

Instant Agents::access_token_ends() const {
  return Instant(Millis(integer_member(credentials().login(), "expiresAt").value_or(0)));
}

Agents::Answer Agents::send_message() {
  const CredentialsFile before = credentials();
  if (before.login() == nullptr) return Answer::not_logged_in;
  const bool living = access_token_ends() - clock_.now() > kRefreshesAhead &&
                      endpoint_.accepts(text(before.login(), "accessToken"));
  return living ? Answer::given : refresh();
}

Agents::Answer Agents::refresh() {
  const auto locks = lock(kLocksWithin);
  if (!locks) return Answer::busy;
  const auto issued = ask_for_tokens();
  if (issued) return write_down(*locks, *issued) ? Answer::given : Answer::expired;
  empty_login();
  return Answer::expired;
}

std::optional<ClientLock> Agents::lock(Millis longest) const {
  auto locks = ClientLock::acquire(paths_.claude_dir, lock_record_, Deadline::in(longest));
  return locks ? std::optional(std::move(*locks)) : std::nullopt;
}

std::optional<IssuedLogin> Agents::ask_for_tokens() {
  return endpoint_.refresh(refresh_token());
}

bool Agents::write_down(const ClientLock&, const IssuedLogin& issued) {
  return write_tokens(issued);
}

void Agents::empty_login() {
  static_cast<void>(
      write_tokens({.access_token = "", .refresh_token = "", .expires_at = Instant{}}));
}

bool Agents::write_tokens(const IssuedLogin& issued) {
  const CredentialsFile before = credentials();
  if (before.login() == nullptr) return false;
  const Json login = deep_copy(before.login());
  set_tokens(login.get(), issued);
  return replace_file(paths_.credentials, with_login(before.root.get(), *login),
                      Durability::fleeting)
      .has_value();
}

void Agents::abandon_locks() const {
  const auto locks = client_lock_directories(paths_.claude_dir);
  if (!locks) std::abort();
  const timespec epoch[2] = {};
  for (const std::string& lock : *locks) {
    ::mkdir(lock.c_str(), 0755);
    ::utimensat(AT_FDCWD, lock.c_str(), epoch, 0);
  }
}

void Agents::write_new_login(const IssuedLogin& issued) {
  const Json login = new_object();
  set_tokens(login.get(), issued);
  set_string(login.get(), "scopes", "user:inference user:profile");
  const auto before = parse_object(R"({"mcpOAuth":{"made-up-server":{"accessToken":"TEST"}}})");
  overwrite(with_login(before->get(), *login));
  std::ofstream(paths_.claude_json) << R"({"oauthAccount":{"emailAddress":"TEST"}})";
}

std::string Agents::file() const {
  std::ifstream stream(paths_.credentials, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void Agents::overwrite(const std::string& bytes) {
  if (!replace_file(paths_.credentials, bytes, Durability::fleeting)) std::abort();
}

void Agents::cut_short() {
  if (::truncate(paths_.credentials.c_str(), static_cast<off_t>(file().size() / 2)) != 0)
    std::abort();
}

void Agents::delete_file() {
  ::unlink(paths_.credentials.c_str());
}

}  // namespace claude_auth::testing
