#include "admin/fleet_json.h"

#include <new>

#include "admin/fleet_words.h"
#include "base/json.h"

namespace claude_auth {
namespace {

void set(json_t* object, const char* key, Json value) {
  if (json_object_set_new(object, key, value.release()) != 0) throw std::bad_alloc();
}

void set_count(json_t* object, const char* key, std::optional<std::uint64_t> count) {
  if (count) set_integer(object, key, static_cast<std::int64_t>(*count));
}

Json state_object(const char* state, const std::optional<Instant>& expires) {
  Json object = new_object();
  set_string(object.get(), "state", state);
  set_seconds(object.get(), "expires_at", expires);
  return object;
}

Json backup_object(const FleetRow& row) {
  Json object = new_object();
  set_string(object.get(), "state", word_of(row.backup));
  set_seconds(object.get(), "at", row.backed_up_at);
  set_printable(object.get(), "by", row.backed_up_by);
  return object;
}

Json last_object(const FleetRow& row) {
  Json object = new_object();
  set_string(object.get(), "status", word(*row.last_status));
  set_printable(object.get(), "reason", row.last_reason);
  set_seconds(object.get(), "at", row.last_at);
  return object;
}

Json user_object(const FleetRow& row) {
  Json user = new_object();
  set_string(user.get(), "user", row.user);
  set_string(user.get(), "care", word_of(row.care));
  set_string(user.get(), "health", word_of(health_of(row.step)));
  set_string(user.get(), "step", word_of(row.step));
  set_printable(user.get(), "why", row.advice.why);
  set_printable(user.get(), "to_do", row.advice.command);
  set_printable(user.get(), "problem", row.problem);
  if (row.mode) set_string(user.get(), "mode", word_of(*row.mode));
  set(user.get(), "login",
      state_object(row.login ? word_of(*row.login) : "unknown", row.login_expires));
  set(user.get(), "backup", backup_object(row));
  set(user.get(), "setup_token", state_object(word_of(row.setup_token), row.setup_token_expires));
  set(user.get(), "vault_token", state_object(word_of(row.vault_token), row.vault_token_expires));
  if (row.units) set_string(user.get(), "units", word_of(*row.units));
  if (row.paused) set_flag(user.get(), "paused", true);
  if (row.last_status) set(user.get(), "last", last_object(row));
  set_seconds(user.get(), "last_success_at", row.last_success);
  set_count(user.get(), "heals", row.heals);
  set_count(user.get(), "restores", row.restores);
  return user;
}

Json summary_object(const FleetCount& count) {
  Json summary = new_object();
  const auto put = [&](const char* key, std::size_t number) {
    set_integer(summary.get(), key, static_cast<std::int64_t>(number));
  };
  put("users", count.users);
  put("well", count.well);
  put("needs_person", count.need_person);
  put("unknown", count.unknown);
  put("left_alone", count.left_alone);
  return summary;
}

}  // namespace

std::string render_json(const Fleet& fleet) {
  const Json root = new_object();
  set_integer(root.get(), "format", 1);
  set_seconds(root.get(), "at", fleet.at);
  set_string(root.get(), "host", fleet.host);
  set_strings(root.get(), "notes", fleet.notes);
  set(root.get(), "summary", summary_object(count_rows(fleet.rows)));
  Json users(json_array());
  for (const FleetRow& row : fleet.rows)
    if (json_array_append_new(users.get(), user_object(row).release()) != 0) throw std::bad_alloc();
  set(root.get(), "users", std::move(users));
  return dump_indented(root.get()) + '\n';
}

}  // namespace claude_auth
