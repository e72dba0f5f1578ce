#include "crash_home.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <utility>

#include "double_server.h"
#include "private_machine.h"
#include "store/local_store.h"
#include "temporary_directory.h"
#include "vault/vault_api.h"

namespace claude_auth::testing {
namespace {

namespace fs = std::filesystem;
using test::contents;
using test::exists;
using test::put;
using namespace std::chrono_literals;

constexpr char kDocument[] = "secret/data/workstation/claude-users/made-up-user";
constexpr char kForeign[] =
    R"("mcpOAuth":{"made-up":{"accessToken":"TEST-mcp","expiresAt":1}},"futureKey":[1,"two"])";

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

Deadline soon() {
  return Deadline::in(30s);
}

/// What differs from run to run is none of a test's business.
std::string sorted(const json_t* value) {
  const std::unique_ptr<char, decltype(&std::free)> text(
      ::json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT), &std::free);
  return text ? text.get() : "";
}

std::string bytes_of(const std::string& path) {
  return exists(path) ? contents(path) : "none";
}

std::string json_of(const std::string& path) {
  const std::string bytes = bytes_of(path);
  const auto parsed = parse_object(bytes);
  return parsed ? sorted(parsed->get()) : bytes;
}

bool is_whole(const std::string& path) {
  return !exists(path) || parse_object(contents(path)).has_value();
}

std::string without_numbers(const std::string& path) {
  static const std::regex number("[0-9]{6,}");
  return std::regex_replace(path, number, "N");
}

void copy_tree(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

}  // namespace

/// The Vault double, or a server that is there already, and what its root does there.
class VaultSide {
 public:
  VaultSide()
      : double_(std::make_unique<DoubleServer>()),
        address_(double_->address()),
        api_(open(double_->root_token())) {}
  VaultSide(std::string address, const std::string& root_token)
      : address_(std::move(address)), api_(open(root_token)) {}

  [[nodiscard]] const std::string& address() const { return address_; }

  std::string mint_token() {
    const Json auth = member("auth", api_.post("auth/token/create-orphan", R"({
        "display_name": "devvm-claude-auth-made-up-user", "period": "768h",
        "policies": ["workstation-claude-made-up-user"]})",
                                               soon()));
    return std::string(string_member(auth.get(), "client_token").value_or(""));
  }

  void allow() {
    post("sys/policies/acl/workstation-claude-made-up-user",
         R"({"policy":"path \")" + std::string(kDocument) +
             R"(\" { capabilities = [\"create\", \"read\", \"update\"] }"})");
  }

  /// Null where there is no document.
  [[nodiscard]] Json read() {
    const Json data = member("data", api_.get(kDocument, soon()));
    return data ? deep_copy(json_object_get(data.get(), "data")) : nullptr;
  }

  void write(const json_t* fields) {
    post(kDocument, R"({"data":)" + (fields != nullptr ? dump(fields) : "{}") + "}");
  }

 private:
  [[nodiscard]] VaultApi open(const std::string& root_token) const {
    VaultSettings settings;
    settings.address = address_;
    return VaultApi::open(settings, Secret::copy_of(root_token)).value();
  }

  void post(const std::string& path, const std::string& body) {
    const auto reply = api_.post(path, body, soon());
    if (!reply || reply->status >= 300) give_up("the Vault double refuses " + path);
  }

  static Json member(const char* name, const std::expected<HttpReply, StoreError>& reply) {
    const auto body = reply ? parse_object(reply->body) : std::unexpected(JsonError::not_an_object);
    const json_t* found = body ? json_object_get(body->get(), name) : nullptr;
    return found != nullptr ? deep_copy(found) : nullptr;
  }

  std::unique_ptr<DoubleServer> double_;
  std::string address_;
  VaultApi api_;
};

void CrashHome::enter(const std::string& scratch) {
  if (sodium_init() < 0) std::abort();
  ::signal(SIGPIPE, SIG_IGN);
  if (::geteuid() != 0) {
    std::puts("SKIP: needs root, whose the configuration has to be");
    std::exit(77);
  }
  const std::string home = scratch + "/disk/home";
  if (const std::string reason = enter_private_machine(home, scratch); !reason.empty()) {
    std::printf("SKIP: %s\n", reason.c_str());
    std::exit(77);
  }
  // The configuration has to lie in /etc, which is the host's: this one is ours.
  const std::string passwd = contents("/etc/passwd");
  const std::string libraries = contents("/etc/ld.so.cache");
  fs::create_directory(scratch + "/disk");
  if (::mount("tmpfs", "/etc", "tmpfs", 0, "mode=0755") != 0 ||
      ::mount("tmpfs", (scratch + "/disk").c_str(), "tmpfs", 0, "mode=0755") != 0)
    give_up("mount tmpfs");
  // Where the program looks for it.
  const fs::path store_program(CLAUDE_AUTH_STORE_PROGRAM);
  const fs::path libexec = store_program.parent_path().parent_path();
  if (::mount("tmpfs", libexec.c_str(), "tmpfs", 0, "mode=0755") != 0)
    give_up("mount tmpfs on " + libexec.string());
  fs::create_directory(store_program.parent_path());
  fs::create_symlink(CLAUDE_AUTH_STORE_BUILT, store_program);
  put("/etc/passwd", passwd, 0644);
  put("/etc/ld.so.cache", libraries, 0644);
}

CrashHome::CrashHome(const std::string& scratch, StoreKind store)
    : CrashHome(scratch, store == StoreKind::vault ? std::make_unique<VaultSide>() : nullptr) {}

CrashHome::CrashHome(const std::string& scratch, const std::string& vault_address,
                     const std::string& root_token)
    : CrashHome(scratch, std::make_unique<VaultSide>(vault_address, root_token)) {}

CrashHome::CrashHome(const std::string& scratch, std::unique_ptr<VaultSide> vault)
    : disk_(scratch + "/disk"),
      user_{.uid = ::geteuid(), .name = "made-up-user", .home = disk_ + "/home"},
      paths_(paths_for(user_, no_environment()).value()),
      temporary_(disk_ + "/tmp"),
      vault_(std::move(vault)) {
  fs::create_directories(paths_.claude_dir);
  fs::create_directories(paths_.config_dir);
  fs::create_directories(temporary_);
  put(paths_.claude_json, R"({"oauthAccount":{"emailAddress":"person@example.org"}})");
  put(disk_ + "/claude", "#!/bin/sh\necho AUTH_OK\n", 0755);
  if (vault_) {
    vault_->allow();
    put(paths_.vault_token, vault_->mint_token() + "\n");
  }
  configure();
}

CrashHome::~CrashHome() {
  ::umount2(disk_.c_str(), MNT_DETACH);
}

// A login after one that was killed shuns the store for a while, as it is meant to: here for none.
void CrashHome::configure() const {
  std::string text = "host_name = this-host\nretry_after = 0\nclaude_path = " + disk_ + "/claude\n";
  if (vault_)
    text += "store = vault\n[vault]\naddress = " + vault_->address() + "\n";
  else
    text += "store = local\n";
  put("/etc/claude-auth-sync.conf", text, 0644);
}

void CrashHome::write_login(const std::string& generation) const {
  const auto expires = std::chrono::system_clock::now() + 8h;
  write_credentials(
      R"({"claudeAiOauth":{"accessToken":"sk-ant-oat01-TEST-)" + generation +
      R"(","refreshToken":"sk-ant-ort01-TEST-)" + generation + R"(","expiresAt":)" +
      std::to_string(std::chrono::duration_cast<Millis>(expires.time_since_epoch()).count()) +
      R"(,"scopes":["user:inference"]},)" + kForeign + "}");
}

void CrashHome::wipe() const {
  write_credentials(R"({"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0},)" +
                    std::string(kForeign) + "}");
}

void CrashHome::lose_login() const {
  write_credentials("{" + std::string(kForeign) + "}");
}

void CrashHome::write_credentials(const std::string& bytes) const {
  put(paths_.credentials, bytes);
}

std::expected<Json, std::string> CrashHome::document() const {
  if (vault_) return vault_->read();
  auto stored = LocalStore(paths_.local_store).read(soon());
  if (!stored) return std::unexpected(stored.error().sentence);
  return std::move(stored->fields);
}

void CrashHome::write_document(const Json& fields) const {
  if (vault_) return vault_->write(fields.get());
  LocalStore store(paths_.local_store);
  const auto stored = store.read(soon());
  if (!stored || !store.write(*fields, stored->version, soon())) give_up("local store: no write");
}

void CrashHome::set_field(const std::string& key, const std::string& value) const {
  const auto fields = document();
  if (!fields) give_up(fields.error());
  set_string(fields->get(), key.c_str(), value);
  write_document(*fields);
}

const std::string& CrashHome::vault_address() const {
  return vault_->address();
}

Command CrashHome::command(const std::vector<std::string>& arguments,
                           const std::string& input) const {
  const std::string file = disk_ + "/input";
  put(file, input);
  Command command{.path = CLAUDE_AUTH_SYNC,
                  .arguments = {"claude-auth-sync"},
                  .environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + user_.home,
                                  "USER=" + user_.name, "TMPDIR=" + temporary_},
                  .standard_input = UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC))};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return command;
}

Finished CrashHome::finish(const std::vector<std::string>& arguments,
                           const std::string& input) const {
  auto finished =
      claude_auth::run(command(arguments, input), Deadline::in(kJobTakes), Millis(0), 1 << 16);
  if (!finished) give_up("claude-auth-sync cannot be started");
  return std::move(*finished);
}

int CrashHome::run(const std::vector<std::string>& arguments, const std::string& input) const {
  const Finished finished = finish(arguments, input);
  if (finished.timed_out || !WIFEXITED(finished.wait_status)) return -1;
  return WEXITSTATUS(finished.wait_status);
}

void CrashHome::keep() {
  copy_tree(user_.home, disk_ + "/kept");
  kept_document_ = vault_ ? vault_->read() : nullptr;
}

void CrashHome::put_back() const {
  copy_tree(disk_ + "/kept", user_.home);
  fs::remove_all(temporary_);
  fs::create_directory(temporary_);
  if (vault_) vault_->write(kept_document_.get());
}

Remains CrashHome::look() const {
  Remains remains{.credentials = json_of(paths_.credentials),
                  .token_env = bytes_of(paths_.token_env),
                  .vault_token = bytes_of(paths_.vault_token),
                  .document = {},
                  .memory_is_whole = is_whole(paths_.state) && is_whole(paths_.last_status),
                  .files = {},
                  .temporary = test::entries_in(temporary_)};
  if (const auto fields = document()) {
    for (const char* time : {"backed_up_at", "setup_token_stored_at"})
      json_object_del(fields->get(), time);
    remains.document = sorted(fields->get());
  } else {
    remains.document = fields.error();
  }
  for (const auto& entry : fs::recursive_directory_iterator(user_.home))
    remains.files.insert(without_numbers(fs::relative(entry.path(), user_.home)));
  return remains;
}

std::string CrashHome::log() const {
  return contents(paths_.log);
}

}  // namespace claude_auth::testing
