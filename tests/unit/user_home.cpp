#include "user_home.h"

#include <unistd.h>

#include <array>
#include <sstream>

#include "cmocka_cpp.h"
#include "jobs/backup.h"
#include "store/local_store.h"

namespace claude_auth::test {
namespace {

constexpr char kAccess[] = "sk-ant-oat01-TEST-access-";
constexpr char kRefresh[] = "sk-ant-ort01-TEST-refresh-";
constexpr char kMcp[] = R"("mcpOAuth":{"made-up":{"accessToken":"TEST-mcp","expiresAt":1}})";

Deadline soon() {
  return Deadline::in(std::chrono::seconds(30));
}

/// The lines of a log from byte `from` on, without their times.
std::vector<std::string> lines_from(const std::string& path, std::size_t from) {
  std::istringstream in(contents(path).substr(from));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line.substr(line.find(' ') + 1));
  return lines;
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> chunk{};
  for (ssize_t got = 0; (got = ::read(fd, chunk.data(), chunk.size())) > 0;)
    text.append(chunk.data(), static_cast<std::size_t>(got));
  return text;
}

}  // namespace

std::string setup_token(const std::string& name) {
  return "sk-ant-oat01-TEST-setup-" + name;
}

std::string Ran::words() const {
  std::string all;
  for (const std::string& line : logged)
    all += (all.empty() ? "" : " ") + line.substr(0, line.find(' '));
  return all;
}

bool Ran::logs(const std::string& text) const {
  for (const std::string& line : logged)
    if (line.contains(text)) return true;
  return false;
}

UserHome::UserHome() : user{.uid = ::geteuid(), .name = "made-up-user", .home = dir.path()} {
  paths = *paths_for(user, no_environment());
  if (::mkdir(paths.claude_dir.c_str(), 0700) != 0) ::abort();
  put(paths.claude_json, R"({"oauthAccount":{"emailAddress":"person@example.org"}})");
  config.host_name = "this-host";
}

Context UserHome::context() const {
  return {.user = user,
          .paths = paths,
          .config = config,
          .environment = [this](const char* name) -> std::optional<std::string> {
            const auto found = environment.find(name);
            if (found == environment.end()) return std::nullopt;
            return found->second;
          },
          .clock = clock,
          .log = StatusLog(paths.log, user.name, clock, Audience::log_only),
          .warnings = {}};
}

Ran UserHome::run(const std::function<int(Context&)>& job) const {
  const std::size_t before = contents(paths.log).size();
  Context now = context();
  Ran ran;
  ran.exit_status = job(now);
  ran.logged = lines_from(paths.log, before);
  return ran;
}

Ran UserHome::login(LoginDeadlines deadlines) const {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) ::abort();
  const UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  Ran ran = run([&](Context& context) {
    ReplyWriter reply(in.get());
    return claude_auth::login(context, deadlines, reply);
  });
  in.reset();
  ran.said = read_to_end(out.get());
  return ran;
}

void UserHome::write_login(const std::string& generation, Millis lives) const {
  const auto expires_at = (clock.at + lives).time_since_epoch().count();
  write_credentials(R"({"claudeAiOauth":{"accessToken":")" + (kAccess + generation) +
                    R"(","refreshToken":")" + (kRefresh + generation) + R"(","expiresAt":)" +
                    std::to_string(expires_at) + R"(,"scopes":["user:inference"]},)" + kMcp + "}");
}

void UserHome::write_login_with(const std::string& generation, const std::string& members) const {
  write_login(generation);
  std::string text = contents(paths.credentials);
  text.insert(text.find(R"(,"scopes")"), members);
  write_credentials(text);
}

void UserHome::wipe() const {
  write_credentials(R"({"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0,)"
                    R"("scopes":["user:inference"]},)" +
                    std::string(kMcp) + "}");
}

void UserHome::lose() const {
  ::unlink(paths.credentials.c_str());
}

void UserHome::log_out() const {
  lose();
  remove_account();
}

void UserHome::remove_account() const {
  put(paths.claude_json, R"({"hasCompletedOnboarding":true})");
}

void UserHome::write_credentials(const std::string& bytes) const {
  put(paths.credentials, bytes);
}

void UserHome::backed_up(const std::string& generation, Millis lives) const {
  write_login(generation, lives);
  const Ran ran = run([](Context& context) { return backup(context, BackupSource::file); });
  if (ran.words() != "OK") fail_msg("backup: %s", ran.logged.empty() ? "" : ran.logged[0].c_str());
}

std::string UserHome::generation() const {
  if (!exists(paths.credentials)) return "none";
  const auto file = parse_object(contents(paths.credentials));
  if (!file) return "broken";
  const json_t* login = json_object_get(file->get(), "claudeAiOauth");
  if (login == nullptr) return "none";
  const std::string access(string_member(login, "accessToken").value_or("?"));
  const std::string refresh(string_member(login, "refreshToken").value_or("?"));
  if (access.empty() && refresh.empty()) return "wiped";
  if (!access.starts_with(kAccess)) return "broken";
  const std::string name = access.substr(std::string_view(kAccess).size());
  return refresh == kRefresh + name ? name : "broken";
}

Json UserHome::credentials() const {
  auto file = parse_object(contents(paths.credentials));
  if (!file) fail_msg("the credentials file is no JSON object");
  return std::move(*file);
}

StoredDocument UserHome::document() const {
  auto stored = LocalStore(paths.local_store).read(soon());
  if (!stored) fail_msg("%s", stored.error().sentence.c_str());
  return std::move(*stored);
}

void UserHome::write_document(const Json& fields, std::uint64_t cas) const {
  const auto written = LocalStore(paths.local_store).write(*fields, cas, soon());
  if (!written) fail_msg("%s", written.error().sentence.c_str());
}

void UserHome::set_field(const char* key, const std::string& value) const {
  const StoredDocument stored = document();
  const Json fields = stored.fields ? deep_copy(stored.fields.get()) : new_object();
  set_string(fields.get(), key, value);
  write_document(fields, stored.version);
}

void UserHome::drop_field(const char* key) const {
  const StoredDocument stored = document();
  const Json fields = deep_copy(stored.fields.get());
  json_object_del(fields.get(), key);
  write_document(fields, stored.version);
}

std::string UserHome::field(const char* key) const {
  return std::string(string_member(document().fields.get(), key).value_or("none"));
}

void UserHome::make_store_empty() const {
  std::filesystem::remove_all(paths.local_store);
  std::filesystem::create_directories(paths.local_store);
}

void UserHome::garble_store() const {
  std::filesystem::create_directories(paths.local_store);
  put(paths.local_store + "/00000000000000009999.json", "garbled");
}

void UserHome::repair_store() const {
  ::unlink((paths.local_store + "/00000000000000009999.json").c_str());
}

Stamps UserHome::stamps() const {
  auto stamps = load_stamps(context());
  if (!stamps) fail_msg("%s", stamps.error().c_str());
  return std::move(*stamps);
}

void UserHome::change_stamps(const std::function<void(Stamps&)>& change) const {
  const auto stamps = update_stamps(context(), soon(), change);
  if (!stamps) fail_msg("%s", stamps.error().sentence.c_str());
}

void UserHome::be_fresh() const {
  change_stamps([this](Stamps& stamps) { stamps.store_read_at = clock.at; });
}

}  // namespace claude_auth::test
