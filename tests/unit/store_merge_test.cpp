// helper/store/merge: against a store that answers by script.
#include "store/merge.h"

#include <sodium.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "cmocka_cpp.h"

namespace claude_auth {
namespace {

StoreError error_of(StoreErrorKind kind) {
  return {.kind = kind, .sentence = "made up"};
}

/// What happens to the next write.
enum class Fate { done, somebody_was_first, reply_lost, reply_lost_before, denied };

/// A store in memory. Each write meets the next fate of the script, and `done` after its end.
class ScriptedStore : public Store {
 public:
  explicit ScriptedStore(std::deque<Fate> script = {}) : script_(std::move(script)) {}

  std::expected<StoredDocument, StoreError> read(Deadline /*deadline*/) override {
    ++reads;
    if (read_error) return std::unexpected(error_of(*read_error));
    return StoredDocument{.fields = fields_ ? deep_copy(fields_.get()) : nullptr,
                          .version = version};
  }

  std::expected<std::uint64_t, StoreError> write(const json_t& fields, std::uint64_t cas,
                                                 Deadline /*deadline*/) override {
    ++writes;
    assert_int_equal(cas, version);
    const Fate fate = script_.empty() ? Fate::done : script_.front();
    if (!script_.empty()) script_.pop_front();
    if (fate == Fate::somebody_was_first) {
      others_write("other", std::to_string(writes));
      return std::unexpected(error_of(StoreErrorKind::conflict));
    }
    if (fate == Fate::denied) return std::unexpected(error_of(StoreErrorKind::denied));
    if (fate == Fate::reply_lost_before)
      return std::unexpected(error_of(StoreErrorKind::unreachable));
    fields_ = deep_copy(&fields);
    ++version;
    if (fate == Fate::reply_lost) return std::unexpected(error_of(StoreErrorKind::unreachable));
    return version;
  }

  /// Somebody else sets one key.
  void others_write(const char* key, const std::string& value) {
    if (!fields_) fields_ = new_object();
    set_string(fields_.get(), key, value);
    ++version;
  }

  [[nodiscard]] std::string text() const { return fields_ ? dump(fields_.get()) : "none"; }

  int reads = 0;
  int writes = 0;
  std::uint64_t version = 0;
  std::optional<StoreErrorKind> read_error;

 private:
  Json fields_;
  std::deque<Fate> script_;
};

/// Sets "ours" to "new", unless it is that already.
Json set_ours(const StoredDocument& current) {
  if (string_member(current.fields.get(), "ours") == "new") return nullptr;
  Json fields = current.fields ? deep_copy(current.fields.get()) : new_object();
  set_string(fields.get(), "ours", "new");
  return fields;
}

std::expected<Merged, StoreError> merge_ours(Store& store) {
  return merge(store, set_ours, Deadline::in(std::chrono::seconds(60)));
}

void a_first_document_is_written(void**) {
  ScriptedStore store;
  assert_true(merge_ours(store) == Merged::written);
  assert_string_equal(store.text().c_str(), R"({"ours":"new"})");
}

void sibling_keys_are_kept(void**) {
  ScriptedStore store;
  store.others_write("vaultwarden_made_up", "TEST");
  assert_true(merge_ours(store) == Merged::written);
  assert_string_equal(store.text().c_str(), R"({"vaultwarden_made_up":"TEST","ours":"new"})");
}

void what_is_there_already_is_left(void**) {
  ScriptedStore store;
  store.others_write("ours", "new");
  assert_true(merge_ours(store) == Merged::left);
  assert_int_equal(store.writes, 0);
}

void a_conflict_is_merged_with_what_the_other_wrote(void**) {
  ScriptedStore store({Fate::somebody_was_first, Fate::somebody_was_first});
  assert_true(merge_ours(store) == Merged::written);
  assert_string_equal(store.text().c_str(), R"({"other":"2","ours":"new"})");
  assert_int_equal(store.reads, 3);
}

void a_store_half_a_second_behind_is_waited_for(void**) {
  ScriptedStore store(std::deque<Fate>(5, Fate::somebody_was_first));
  const auto start = std::chrono::steady_clock::now();
  assert_false(merge_ours(store).has_value());
  assert_true(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(700));
}

void a_fifth_conflict_is_the_last(void**) {
  ScriptedStore store(std::deque<Fate>(6, Fate::somebody_was_first));
  assert_true(merge_ours(store).error().kind == StoreErrorKind::conflict);
  assert_int_equal(store.writes, 5);
}

void a_write_whose_reply_was_lost_is_not_repeated(void**) {
  ScriptedStore store({Fate::reply_lost});
  assert_true(merge_ours(store) == Merged::written);
  assert_int_equal(store.writes, 1);
  assert_int_equal(store.version, 1);
}

void a_write_that_never_arrived_is_repeated(void**) {
  ScriptedStore store({Fate::reply_lost_before});
  assert_true(merge_ours(store) == Merged::written);
  assert_string_equal(store.text().c_str(), R"({"ours":"new"})");
}

void a_refused_write_is_not_repeated(void**) {
  ScriptedStore store({Fate::denied});
  assert_true(merge_ours(store).error().kind == StoreErrorKind::denied);
  assert_int_equal(store.writes, 1);
}

void nothing_is_written_after_a_read_that_failed(void**) {
  for (const StoreErrorKind kind :
       {StoreErrorKind::unreachable, StoreErrorKind::sealed, StoreErrorKind::denied,
        StoreErrorKind::misconfigured, StoreErrorKind::busy, StoreErrorKind::garbled,
        StoreErrorKind::local_io}) {
    ScriptedStore store;
    store.read_error = kind;
    assert_true(merge_ours(store).error().kind == kind);
    assert_int_equal(store.writes, 0);
  }
}

void nothing_is_tried_again_after_the_deadline(void**) {
  ScriptedStore store({Fate::somebody_was_first});
  const auto merged = merge(store, set_ours, Deadline::in(Millis(0)));
  assert_true(merged.error().kind == StoreErrorKind::conflict);
  assert_int_equal(store.writes, 1);
}

void what_is_known_is_not_read_again(void**) {
  ScriptedStore store;
  const StoredDocument known{.fields = nullptr, .version = 0};
  assert_true(merge(store, &set_ours, Deadline::never(), &known) == Merged::written);
  assert_int_equal(store.reads, 0);
  assert_int_equal(store.writes, 1);
}

void what_is_known_and_out_of_date_is_read_once_more(void**) {
  ScriptedStore store({Fate::somebody_was_first});
  const StoredDocument known{.fields = nullptr, .version = 0};
  assert_true(merge(store, &set_ours, Deadline::never(), &known) == Merged::written);
  assert_int_equal(store.reads, 1);
  assert_string_equal(store.text().c_str(), R"({"other":"1","ours":"new"})");
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_is_known_is_not_read_again),
      cmocka_unit_test(what_is_known_and_out_of_date_is_read_once_more),
      cmocka_unit_test(a_first_document_is_written),
      cmocka_unit_test(sibling_keys_are_kept),
      cmocka_unit_test(what_is_there_already_is_left),
      cmocka_unit_test(a_conflict_is_merged_with_what_the_other_wrote),
      cmocka_unit_test(a_store_half_a_second_behind_is_waited_for),
      cmocka_unit_test(a_fifth_conflict_is_the_last),
      cmocka_unit_test(a_write_whose_reply_was_lost_is_not_repeated),
      cmocka_unit_test(a_write_that_never_arrived_is_repeated),
      cmocka_unit_test(a_refused_write_is_not_repeated),
      cmocka_unit_test(nothing_is_written_after_a_read_that_failed),
      cmocka_unit_test(nothing_is_tried_again_after_the_deadline),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
