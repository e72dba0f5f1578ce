#include "jobs/stamps.h"

#include <algorithm>

namespace claude_auth {
namespace {

constexpr std::size_t kMaxState = 256 << 10;

Fingerprints fingerprints_member(const json_t* state, const char* key) {
  Fingerprints fingerprints;
  const json_t* list = json_object_get(state, key);
  for (std::size_t i = 0; i < json_array_size(list); ++i)
    if (const char* text = json_string_value(json_array_get(list, i))) fingerprints.add(text);
  return fingerprints;
}

void set_fingerprints(json_t* state, const char* key, const Fingerprints& fingerprints) {
  json_t* list = json_array();
  for (const std::string& one : fingerprints.all())
    json_array_append_new(list, json_string(one.c_str()));
  json_object_set_new(state, key, list);
}

Stamps read_from(const json_t* state) {
  return {.generations = GenerationHistory::read_from(state),
          .store_read_at = instant_member(state, "store_read_at_ms"),
          .store_attempt_at = instant_member(state, "store_attempt_at_ms"),
          .store_retry_at = instant_member(state, "store_retry_at_ms"),
          .verified_vault_token =
              std::string(string_member(state, "verified_vault_token").value_or("")),
          .vault_token_verified_at = instant_member(state, "vault_token_verified_at_ms"),
          .accepted_setup_tokens = fingerprints_member(state, "accepted_setup_tokens"),
          .rejected_setup_tokens = fingerprints_member(state, "rejected_setup_tokens"),
          .setup_token_stored_at = instant_member(state, "setup_token_stored_at_ms"),
          .setup_token_tried_at = instant_member(state, "setup_token_tried_at_ms"),
          .told_about = std::string(string_member(state, "told_about").value_or("")),
          .unchecked_in_a_row =
              static_cast<int>(integer_member(state, "unchecked_in_a_row").value_or(0) & 0xFF)};
}

Json to_json(const Stamps& stamps) {
  Json state = new_object();
  stamps.generations.write_to(state.get());
  set_instant(state.get(), "store_read_at_ms", stamps.store_read_at);
  set_instant(state.get(), "store_attempt_at_ms", stamps.store_attempt_at);
  set_instant(state.get(), "store_retry_at_ms", stamps.store_retry_at);
  set_string(state.get(), "verified_vault_token", stamps.verified_vault_token);
  set_instant(state.get(), "vault_token_verified_at_ms", stamps.vault_token_verified_at);
  set_fingerprints(state.get(), "accepted_setup_tokens", stamps.accepted_setup_tokens);
  set_fingerprints(state.get(), "rejected_setup_tokens", stamps.rejected_setup_tokens);
  set_instant(state.get(), "setup_token_stored_at_ms", stamps.setup_token_stored_at);
  set_instant(state.get(), "setup_token_tried_at_ms", stamps.setup_token_tried_at);
  set_string(state.get(), "told_about", stamps.told_about);
  set_integer(state.get(), "unchecked_in_a_row", stamps.unchecked_in_a_row);
  return state;
}

}  // namespace

void Fingerprints::add(const std::string& fingerprint) {
  remove(fingerprint);
  list_.push_back(fingerprint);
  if (list_.size() > kKept) list_.erase(list_.begin());
}

void Fingerprints::remove(const std::string& fingerprint) {
  std::erase(list_, fingerprint);
}

bool Fingerprints::contains(const std::string& fingerprint) const {
  return std::ranges::find(list_, fingerprint) != list_.end();
}

std::expected<ChangeLock, ChangeError> ChangeLock::acquire(const Context& context,
                                                           Deadline deadline) {
  if (auto made = make_directories(context.paths.state_dir, 0700); !made)
    return std::unexpected(ChangeError{.sentence = made.error().sentence()});
  auto lock = FileLock::acquire(context.paths.change_lock, deadline);
  if (!lock)
    return std::unexpected(ChangeError{.busy = lock.error().kind == FileErrorKind::locked,
                                       .sentence = lock.error().sentence()});
  return ChangeLock(std::move(*lock));
}

std::expected<Stamps, std::string> load_stamps(const Context& context) {
  auto text =
      read_small_file(context.paths.state,
                      {.owner = context.user.uid, .forbidden_bits = 0022, .max_bytes = kMaxState});
  if (!text) {
    if (text.error().kind == FileErrorKind::absent) return Stamps{};
    return std::unexpected(text.error().sentence());
  }
  const auto state = parse_object(*text);
  if (!state) {
    Stamps lost;
    lost.generations = GenerationHistory::lost();
    return lost;
  }
  return read_from(state->get());
}

std::expected<void, std::string> save_stamps(const Context& context, const ChangeLock& /*lock*/,
                                             const Stamps& stamps, Durability durability) {
  remove_leftovers(context.paths.state);
  auto saved = replace_file(context.paths.state, dump(to_json(stamps).get()), durability);
  if (!saved) return std::unexpected(saved.error().sentence());
  return {};
}

}  // namespace claude_auth
