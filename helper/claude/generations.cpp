#include "claude/generations.h"

#include <algorithm>

namespace claude_auth {
namespace {

template <typename T>
void drop_oldest(std::vector<T>& list) {
  if (list.size() > GenerationHistory::kKept)
    list.erase(list.begin(), list.end() - GenerationHistory::kKept);
}

bool is_hash(const json_t* value) {
  return json_is_string(value) && json_string_length(value) == 2 * kGenerationHashBytes;
}

}  // namespace

bool GenerationHistory::see(const Generation& generation) {
  if (last_seen_ == generation.hash) return false;
  last_seen_ = generation.hash;
  const bool known = std::ranges::find(seen_, generation.hash) != seen_.end();
  if (known || generation.expires_at_ms < youngest_expires_at_ms_) return true;
  seen_.push_back(generation.hash);
  youngest_expires_at_ms_ = generation.expires_at_ms;
  drop_oldest(seen_);
  return true;
}

bool GenerationHistory::mark_last_seen_dead() {
  if (last_seen_.empty() || is_dead(last_seen_)) return false;
  dead_.push_back({.hash = last_seen_});
  drop_oldest(dead_);
  return true;
}

void GenerationHistory::note_restored(std::string_view hash, const std::string& over) {
  const auto dead = std::ranges::find(dead_, hash, &Dead::hash);
  if (dead == dead_.end()) return;
  dead->restored = true;
  dead->restored_over = over;
}

const GenerationHistory::Dead* GenerationHistory::find_dead(std::string_view hash) const {
  const auto dead = std::ranges::find(dead_, hash, &Dead::hash);
  return dead == dead_.end() ? nullptr : &*dead;
}

bool GenerationHistory::is_dead(std::string_view hash) const {
  return find_dead(hash) != nullptr;
}

bool GenerationHistory::was_restored_dead(std::string_view hash, const std::string& here) const {
  const Dead* dead = find_dead(hash);
  if (dead == nullptr || !dead->restored) return false;
  return dead->restored_over.empty() || dead->restored_over != here;
}

Age GenerationHistory::age(const Generation& a, const Generation& b) const {
  if (a.hash == b.hash) return Age::same;
  if (known_older(a.hash, b.hash)) return Age::older;
  if (known_older(b.hash, a.hash)) return Age::newer;
  return a.expires_at_ms < b.expires_at_ms ? Age::older : Age::newer;
}

bool GenerationHistory::known_older(std::string_view a, std::string_view b) const {
  const auto at_a = std::ranges::find(seen_, a);
  const auto at_b = std::ranges::find(seen_, b);
  return at_a != seen_.end() && at_b != seen_.end() && at_a < at_b;
}

bool GenerationHistory::is_superseded(std::string_view hash) const {
  const auto at = std::ranges::find(seen_, hash);
  return at != seen_.end() && at + 1 != seen_.end();
}

void GenerationHistory::write_to(json_t* state) const {
  json_t* seen = json_array();
  for (const std::string& hash : seen_) json_array_append_new(seen, json_string(hash.c_str()));
  json_object_set_new(state, "seen", seen);
  set_integer(state, "youngest_expires_at_ms", youngest_expires_at_ms_);
  set_string(state, "last_seen", last_seen_);
  json_t* dead = json_array();
  for (const Dead& one : dead_) {
    Json entry = new_object();
    set_string(entry.get(), "generation", one.hash);
    json_object_set_new(entry.get(), "restored", json_boolean(one.restored));
    if (!one.restored_over.empty()) set_string(entry.get(), "restored_over", one.restored_over);
    json_array_append_new(dead, entry.release());
  }
  json_object_set_new(state, "dead", dead);
  if (lost_ && seen_.empty()) json_object_set_new(state, "memory_lost", json_true());
}

GenerationHistory GenerationHistory::lost() {
  GenerationHistory history;
  history.lost_ = true;
  return history;
}

GenerationHistory GenerationHistory::read_from(const json_t* state) {
  GenerationHistory history;
  const json_t* seen = json_object_get(state, "seen");
  for (std::size_t i = 0; i < json_array_size(seen); ++i) {
    const json_t* hash = json_array_get(seen, i);
    if (is_hash(hash)) history.seen_.emplace_back(json_string_value(hash));
  }
  drop_oldest(history.seen_);
  const bool all_understood =
      json_is_array(seen) && (json_array_size(seen) == 0 || !history.seen_.empty());
  history.lost_ = !all_understood || json_is_true(json_object_get(state, "memory_lost"));
  history.youngest_expires_at_ms_ = integer_member(state, "youngest_expires_at_ms").value_or(0);
  const json_t* last = json_object_get(state, "last_seen");
  if (is_hash(last)) history.last_seen_ = json_string_value(last);
  const json_t* dead = json_object_get(state, "dead");
  for (std::size_t i = 0; i < json_array_size(dead); ++i) {
    const json_t* entry = json_array_get(dead, i);
    const json_t* hash = json_object_get(entry, "generation");
    if (is_hash(hash))
      history.dead_.push_back(
          {.hash = json_string_value(hash),
           .restored = json_is_true(json_object_get(entry, "restored")),
           .restored_over = std::string(string_member(entry, "restored_over").value_or(""))});
  }
  drop_oldest(history.dead_);
  return history;
}

}  // namespace claude_auth
