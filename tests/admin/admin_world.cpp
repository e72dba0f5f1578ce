#include "admin_world.h"

#include <fcntl.h>
#include <unistd.h>

#include <sstream>

#include "decide/token_decision.h"
#include "vault/mint.h"
#include "vault/policy.h"
#include "vault/token.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {
namespace {

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

Config config_for(const ServerUnderTest& server) {
  Config config;
  config.store = StoreKind::vault;
  config.host_name = "this-host";
  config.vault.address = server.address;
  config.vault.ca_cert = server.ca_cert;
  config.vault.max_retries = 0;
  return config;
}

}  // namespace

std::vector<std::string> JobRun::lines() const {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

std::string JobRun::last_line() const {
  const auto all = lines();
  return all.empty() ? "" : all.back();
}

std::string JobRun::line_of(const std::string& user) const {
  for (const std::string& line : lines())
    if (line.starts_with(user + ": ")) return line;
  return {};
}

JobRun run_job(const std::function<int()>& job) {
  const test::TemporaryDirectory dir;
  const std::string path = dir / "said";
  std::fflush(nullptr);
  const UniqueFd output(::dup(STDOUT_FILENO));
  const UniqueFd error(::dup(STDERR_FILENO));
  {
    const UniqueFd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    ::dup2(file.get(), STDOUT_FILENO);
    ::dup2(file.get(), STDERR_FILENO);
  }
  JobRun run;
  run.exit_status = job();
  std::fflush(nullptr);
  ::dup2(output.get(), STDOUT_FILENO);
  ::dup2(error.get(), STDERR_FILENO);
  run.text = test::contents(path);
  return run;
}

AdminWorld::AdminWorld(const ServerUnderTest& server)
    : config(config_for(server)),
      host(config.vault),
      admin_token(server.root_token),
      api_(VaultApi::open(config.vault, Secret::copy_of(server.root_token)).value()),
      root_token_(server.root_token) {
  write_roster();
}

std::string AdminWorld::add_to_host(const std::string& name) {
  static int number = 0;
  std::string user = name + std::to_string(++number);
  host.add(user);
  return user;
}

std::string AdminWorld::add(const std::string& name) {
  std::string user = add_to_host(name);
  list(user, "claude_auth: true");
  return user;
}

void AdminWorld::add_many(int count) {
  for (int i = 0; i < count; ++i) roster_.emplace_back(add_to_host("many"), "claude_auth: true");
  write_roster();
}

std::vector<std::string> AdminWorld::add_all(std::initializer_list<const char*> names) {
  std::vector<std::string> users;
  for (const char* const name : names) users.push_back(add(name));
  return users;
}

void AdminWorld::list(const std::string& user, const std::string& keys) {
  std::erase_if(roster_, [&](const auto& listed) { return listed.first == user; });
  roster_.emplace_back(user, keys);
  write_roster();
}

void AdminWorld::write_roster() const {
  std::string text = "users:\n";
  for (const auto& [user, keys] : roster_) text += "  " + user + ": {" + keys + "}\n";
  test::put(roster_path(), text);
}

AdminContext AdminWorld::context() {
  std::optional<Secret> token;
  if (admin_token) token = Secret::copy_of(*admin_token);
  return {.config = config,
          .token = std::move(token),
          .records_dir = records_dir(),
          .clock = clock_,
          .host = host,
          .is_root = is_root};
}

JobRun AdminWorld::provision(ProvisionOptions options) {
  options.roster = roster_path();
  auto given = context();
  const JobRun run = run_job([&] { return claude_auth::provision(given, options); });
  check_for_secrets(run);
  return run;
}

JobRun AdminWorld::dry_run() {
  ProvisionOptions options;
  options.dry_run = true;
  return provision(std::move(options));
}

int AdminWorld::provision_beside() {
  ProvisionOptions options;
  options.roster = roster_path();
  auto given = context();
  return claude_auth::provision(given, options);
}

JobRun AdminWorld::deprovision(const std::string& user, bool purge) {
  DeprovisionOptions options;
  options.roster = roster_path();
  options.user = user;
  options.purge = purge;
  auto given = context();
  const JobRun run = run_job([&] { return claude_auth::deprovision(given, options); });
  check_for_secrets(run);
  return run;
}

void AdminWorld::check_for_secrets(const JobRun& run) const {
  // Of a real server "hvs." or "s.", of the double "s.double".
  for (const char* const prefix : {"hvs.", " s."}) {
    if (run.text.contains(prefix)) fail_msg("a token was said: %s", run.text.c_str());
  }
  if (run.text.contains(root_token_ + "\n")) fail_msg("the admin's token: %s", run.text.c_str());
}

Json AdminWorld::api_post(const std::string& path, const std::string& body) {
  const auto reply = api_.post(path, body, soon());
  if (!reply) fail_msg("%s", reply.error().sentence.c_str());
  if (reply->status >= 300)
    fail_msg("%s: %ld %s", path.c_str(), reply->status, reply->body.c_str());
  auto object = parse_object(reply->body);
  return object ? std::move(*object) : new_object();
}

std::optional<std::string> AdminWorld::policy_of(const std::string& user) {
  const auto policy = read_policy(api_, expand_user(config.vault.token_policy, user), soon());
  if (!policy) fail_msg("%s", policy.error().sentence.c_str());
  return *policy;
}

std::optional<TokenFacts> AdminWorld::token_behind(const std::string& accessor) {
  const auto facts = look_up_accessor(api_, accessor, soon());
  if (!facts) fail_msg("%s", facts.error().sentence.c_str());
  return *facts;
}

std::string AdminWorld::mint(const std::string& user, const std::string& more) {
  const Json body =
      api_post("auth/token/create-orphan", R"({"display_name":"devvm-claude-auth-)" + user +
                                               R"(","policies":["workstation-claude-)" + user +
                                               R"("])" + more + "}");
  return std::string(
      string_member(json_object_get(body.get(), "auth"), "client_token").value_or(""));
}

std::string AdminWorld::accessor_of(const std::string& token) {
  auto api = VaultApi::open(config.vault, Secret::copy_of(token));
  const auto facts = look_up_self(*api, soon());
  if (!facts) fail_msg("%s", facts.error().sentence.c_str());
  return facts->accessor;
}

std::optional<TokenFacts> AdminWorld::token_of(const std::string& user) {
  const auto& token = host.person(user).token;
  if (!token) return std::nullopt;
  auto api = VaultApi::open(config.vault, Secret::copy_of(*token));
  auto facts = look_up_self(*api, soon());
  if (!facts) return std::nullopt;
  return std::move(*facts);
}

bool AdminWorld::is_provisioned(const std::string& user) {
  const auto facts = token_of(user);
  return facts &&
         decide_token(*facts, {.display_name = "token-devvm-claude-auth-" + user,
                               .policy = "workstation-claude-" + user}) == TokenDecision::ours;
}

}  // namespace claude_auth::testing
