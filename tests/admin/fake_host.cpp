#include "fake_host.h"

#include "base/json.h"
#include "decide/token_decision.h"
#include "store/token_facts.h"
#include "unit/temporary_directory.h"
#include "vault/token.h"
#include "vault/vault_api.h"

namespace claude_auth::testing {
namespace {

constexpr uid_t kFirstUid = 60'000;

Json report(const char* state) {
  Json object = new_object();
  set_integer(object.get(), "format", 1);
  set_string(object.get(), "state", state);
  return object;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

Finished printed(std::string text, int exit_status) {
  return {.wait_status = exit_status << 8,
          .timed_out = false,
          .standard_output = std::move(text),
          .standard_error = {}};
}

Person& FakeHost::add(const std::string& name) {
  const auto id = static_cast<uid_t>(kFirstUid + people_.size());
  Person person;
  person.account = {{id, name, "/home/" + name}, id, {}};
  return people_[name] = std::move(person);
}

std::expected<std::optional<HostUser>, std::string> FakeHost::find(const std::string& name) {
  const auto found = people_.find(name);
  if (found == people_.end()) return std::nullopt;
  return found->second.account;
}

void FakeHost::keep_in(const std::string& path) {
  kept_in_ = path;
}

void FakeHost::read_back() {
  const auto kept = parse_object(test::contents(kept_in_));
  if (!kept) return;
  for (auto& [name, person] : people_) {
    const json_t* const of_person = json_object_get(kept->get(), name.c_str());
    const auto token = string_member(of_person, "token");
    person.token = token ? std::optional<std::string>(*token) : std::nullopt;
    person.units = static_cast<UnitsState>(integer_member(of_person, "units").value_or(0));
  }
}

std::optional<std::string> FakeHost::before(const std::string& change) {
  return on_change ? on_change(change) : std::nullopt;
}

void FakeHost::after(const std::string& change) {
  changes.push_back(change);
  if (!kept_in_.empty()) {
    const Json kept = new_object();
    for (const auto& [name, person] : people_) {
      Json of_person = new_object();
      if (person.token) set_string(of_person.get(), "token", *person.token);
      set_integer(of_person.get(), "units", static_cast<int>(person.units));
      json_object_set_new(kept.get(), name.c_str(), of_person.release());
    }
    test::put(kept_in_, dump(kept.get()));
  }
  if (on_changed) on_changed();
}

std::expected<Finished, std::string> FakeHost::run_as(const HostUser& user,
                                                      std::vector<std::string> arguments,
                                                      std::string_view input, Deadline deadline) {
  Person& who = person(user.user.name);
  {
    // A survey runs the programs of several users at once.
    const std::lock_guard guard(patience_lock_);
    patience.push_back(deadline.remaining());
  }
  const std::string call = joined(arguments);
  if (const auto answer = who.answers.find(call); answer != who.answers.end()) {
    return answer->second;
  }
  if (call == "vault-token check") return printed(check_token(who, deadline));
  if (call == "vault-token set") {
    const std::string change = "deliver " + user.user.name;
    if (const auto error = before(change)) return std::unexpected(*error);
    who.token = std::string(input);
    after(change);
    return printed("OK Vault token set\n");
  }
  if (call == "vault-token remove") {
    const std::string change = "remove " + user.user.name;
    if (const auto error = before(change)) return std::unexpected(*error);
    who.token.reset();
    after(change);
    return printed("OK Vault token removed\n");
  }
  return std::unexpected("the fake host has no claude-auth-sync " + call);
}

std::string FakeHost::check_token(const Person& person, Deadline deadline) const {
  if (!person.token) return dump(report("absent").get());
  auto api = VaultApi::open(settings_, Secret::copy_of(usable_token(*person.token).value_or("?")));
  auto facts = look_up_self(*api, deadline);
  if (!facts) {
    const bool denied = facts.error().kind == StoreErrorKind::denied;
    const Json object = report(denied ? "rejected" : "unknown");
    set_string(object.get(), "problem", facts.error().sentence);
    return dump(object.get());
  }
  const std::string& name = person.account.user.name;
  const ExpectedToken expected{expand_user(settings_.token_display_name, name),
                               expand_user(settings_.token_policy, name)};
  const bool ours = decide_token(*facts, expected) == TokenDecision::ours;
  const Json object = report(ours ? "ours" : "foreign");
  set_string(object.get(), "accessor", facts->accessor);
  set_string(object.get(), "display_name", facts->display_name);
  return dump(object.get());
}

std::expected<UnitsState, std::string> FakeHost::units(const std::string& user) {
  if (!has_manager) return UnitsState::no_manager;
  const auto found = people_.find(user);
  return found == people_.end() ? UnitsState::off : found->second.units;
}

std::expected<void, std::string> FakeHost::enable_units(const std::string& user) {
  return set_units(user, UnitsState::on, "enable " + user);
}

std::expected<void, std::string> FakeHost::disable_units(const std::string& user) {
  return set_units(user, UnitsState::off, "disable " + user);
}

std::expected<void, std::string> FakeHost::set_units(const std::string& user, UnitsState units,
                                                     const std::string& change) {
  if (const auto error = before(change)) return std::unexpected(*error);
  if (const auto found = people_.find(user); found != people_.end()) found->second.units = units;
  after(change);
  return {};
}

}  // namespace claude_auth::testing
