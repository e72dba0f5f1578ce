// helper/claude/generations: which login came first, and which ones are dead.
#include "claude/generations.h"

#include <cstdio>

#include "table.h"

namespace claude_auth {
namespace {

using test::every_row_holds;
using test::Row;

/// A made-up hash of the right length, one for each number.
std::string hash(int number) {
  char text[2 * kGenerationHashBytes + 1];
  std::snprintf(text, sizeof text, "%032x", number);
  return text;
}

/// The generation of that hash; a later number ends later.
Generation generation(int number) {
  return {.hash = hash(number), .expires_at_ms = number};
}

GenerationHistory seen(int first, int last) {
  GenerationHistory history;
  for (int number = first; number <= last; ++number) history.see(generation(number));
  return history;
}

/// What another process reads of `history`.
GenerationHistory through_the_file(const GenerationHistory& history) {
  const Json state = new_object();
  history.write_to(state.get());
  auto parsed = parse_object(dump(state.get()));
  if (!parsed) fail_msg("state is no JSON object");
  return GenerationHistory::read_from(parsed->get());
}

void nothing_is_seen_at_first(void**) {
  assert_false(GenerationHistory().any_seen());
}

void seeing_says_whether_anything_changed(void**) {
  GenerationHistory history;
  assert_true(history.see(generation(1)));
  assert_false(history.see(generation(1)));
  assert_true(history.see(generation(2)));
  assert_true(history.see(generation(1)));
}

void a_generation_is_older_by_its_first_sight(void**) {
  const GenerationHistory history = seen(1, 3);
  assert_true(history.known_older(hash(1), hash(3)));
  assert_false(history.known_older(hash(3), hash(1)));
  assert_false(history.known_older(hash(2), hash(2)));
}

void a_generation_that_shows_up_again_stays_old(void**) {
  GenerationHistory history = seen(1, 2);
  history.see(generation(1));
  assert_true(history.known_older(hash(1), hash(2)));
  assert_true(history.is_superseded(hash(1)));
  assert_string_equal(history.last_seen().c_str(), hash(1).c_str());
}

void one_that_was_never_seen_is_not_known_older(void**) {
  const GenerationHistory history = seen(1, 2);
  assert_false(history.known_older(hash(7), hash(1)));
  assert_false(history.known_older(hash(1), hash(7)));
}

void a_copy_from_elsewhere_gets_no_place_in_the_order(void**) {
  GenerationHistory history = seen(5, 6);
  assert_true(history.see(generation(1)));
  assert_false(history.is_superseded(hash(6)));
  assert_false(history.known_older(hash(6), hash(1)));
  assert_string_equal(history.last_seen().c_str(), hash(1).c_str());
}

void what_follows_a_copy_from_elsewhere_is_the_youngest(void**) {
  GenerationHistory history = seen(5, 6);
  history.see(generation(1));
  history.see(generation(7));
  assert_true(history.known_older(hash(6), hash(7)));
}

void only_what_was_seen_before_another_is_superseded(void**) {
  const GenerationHistory history = seen(1, 2);
  assert_true(history.is_superseded(hash(1)));
  assert_false(history.is_superseded(hash(2)));
  assert_false(history.is_superseded(hash(7)));
  assert_false(GenerationHistory().is_superseded(hash(1)));
}

struct Pair {
  Generation a;
  Generation b;
};

void age_goes_by_sight_and_else_by_expiry(void**) {
  const GenerationHistory history = seen(1, 2);
  const Row<Pair, Age> rows[] = {
      {"the same tokens, whatever the expiry", {{hash(1), 5}, {hash(1), 9}}, Age::same},
      {"seen before, although it ends later", {{hash(1), 9}, {hash(2), 5}}, Age::older},
      {"seen after, although it ends earlier", {{hash(2), 5}, {hash(1), 9}}, Age::newer},
      {"one never seen, ends earlier", {{hash(7), 5}, {hash(1), 9}}, Age::older},
      {"one never seen, ends later", {{hash(7), 9}, {hash(1), 5}}, Age::newer},
      {"both never seen", {{hash(7), 5}, {hash(8), 9}}, Age::older},
  };
  every_row_holds(rows, [&](const Pair& pair) { return history.age(pair.a, pair.b); });
}

void the_last_32_are_kept(void**) {
  const GenerationHistory history = seen(1, 33);
  assert_false(history.known_older(hash(1), hash(2)));
  assert_true(history.known_older(hash(2), hash(33)));
}

void a_wipe_kills_the_last_seen_once(void**) {
  GenerationHistory history = seen(1, 2);
  assert_true(history.mark_last_seen_dead());
  assert_false(history.mark_last_seen_dead());
  assert_true(history.is_dead(hash(2)));
  assert_false(history.is_dead(hash(1)));
}

void a_wipe_kills_the_last_seen_not_the_youngest(void**) {
  GenerationHistory history = seen(1, 2);
  history.see(generation(1));
  history.mark_last_seen_dead();
  assert_true(history.is_dead(hash(1)));
  assert_false(history.is_dead(hash(2)));
}

void a_wipe_before_anything_was_seen_kills_nothing(void**) {
  GenerationHistory history;
  assert_false(history.mark_last_seen_dead());
}

void a_dead_one_is_restored_once(void**) {
  GenerationHistory history = seen(1, 1);
  history.mark_last_seen_dead();
  assert_false(history.was_restored_dead(hash(1), "a file"));
  history.note_restored(hash(1), "a file");
  assert_true(history.was_restored_dead(hash(1), "another file"));
}

void a_restore_that_replaced_nothing_was_none(void**) {
  GenerationHistory history = seen(1, 1);
  history.mark_last_seen_dead();
  history.note_restored(hash(1), "a file");
  assert_false(through_the_file(history).was_restored_dead(hash(1), "a file"));
}

void a_restore_where_no_file_was_counts(void**) {
  GenerationHistory history = seen(1, 1);
  history.mark_last_seen_dead();
  history.note_restored(hash(1), "");
  assert_true(history.was_restored_dead(hash(1), ""));
}

void restoring_a_living_one_uses_nothing_up(void**) {
  GenerationHistory history = seen(1, 1);
  history.note_restored(hash(1), "a file");
  history.mark_last_seen_dead();
  assert_false(history.was_restored_dead(hash(1), "another file"));
}

void seeing_a_dead_one_does_not_revive_it(void**) {
  GenerationHistory history = seen(1, 1);
  history.mark_last_seen_dead();
  history.see(generation(1));
  assert_true(history.is_dead(hash(1)));
}

void the_last_32_dead_are_kept(void**) {
  GenerationHistory history;
  for (int number = 1; number <= 33; ++number) {
    history.see(generation(number));
    history.mark_last_seen_dead();
  }
  assert_false(history.is_dead(hash(1)));
  assert_true(history.is_dead(hash(2)));
}

void the_file_keeps_everything(void**) {
  GenerationHistory history = seen(1, 3);
  history.mark_last_seen_dead();
  history.note_restored(hash(3), "a file");
  history.see(generation(2));
  history.mark_last_seen_dead();
  GenerationHistory read = through_the_file(history);
  assert_true(read.known_older(hash(1), hash(3)));
  assert_string_equal(read.last_seen().c_str(), hash(2).c_str());
  assert_true(read.was_restored_dead(hash(3), "another file"));
  assert_true(read.is_dead(hash(2)));
  assert_false(read.was_restored_dead(hash(2), "another file"));
  read.see({.hash = hash(7), .expires_at_ms = 2});
  assert_false(read.is_superseded(hash(3)));
}

// Empty, save that nobody knows whether a login was seen before.
void a_file_of_other_types_is_a_history_that_was_lost(void**) {
  for (const char* text :
       {"{}", R"({"seen":1,"last_seen":[],"dead":{}})",
        R"({"seen":["short",7,null],"last_seen":"short","dead":[1,{"generation":5}]})"}) {
    const auto state = parse_object(text);
    const GenerationHistory history = GenerationHistory::read_from(state->get());
    assert_true(history.any_seen());
    assert_true(history.last_seen().empty());
  }
}

void a_file_with_too_many_is_cut_to_the_last_32(void**) {
  std::string seen_list;
  std::string dead_list;
  for (int number = 1; number <= 40; ++number) {
    seen_list += (number == 1 ? "\"" : ",\"") + hash(number) + "\"";
    dead_list += (number == 1 ? "" : ",") + (R"({"generation":")" + hash(number) + "\"}");
  }
  const auto state = parse_object(R"({"seen":[)" + seen_list + R"(],"dead":[)" + dead_list + "]}");
  const GenerationHistory history = GenerationHistory::read_from(state->get());
  assert_false(history.known_older(hash(8), hash(40)));
  assert_true(history.known_older(hash(9), hash(40)));
  assert_false(history.is_dead(hash(8)));
  assert_true(history.is_dead(hash(9)));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_seen_at_first),
      cmocka_unit_test(seeing_says_whether_anything_changed),
      cmocka_unit_test(a_generation_is_older_by_its_first_sight),
      cmocka_unit_test(a_generation_that_shows_up_again_stays_old),
      cmocka_unit_test(one_that_was_never_seen_is_not_known_older),
      cmocka_unit_test(a_copy_from_elsewhere_gets_no_place_in_the_order),
      cmocka_unit_test(what_follows_a_copy_from_elsewhere_is_the_youngest),
      cmocka_unit_test(only_what_was_seen_before_another_is_superseded),
      cmocka_unit_test(age_goes_by_sight_and_else_by_expiry),
      cmocka_unit_test(the_last_32_are_kept),
      cmocka_unit_test(a_wipe_kills_the_last_seen_once),
      cmocka_unit_test(a_wipe_kills_the_last_seen_not_the_youngest),
      cmocka_unit_test(a_wipe_before_anything_was_seen_kills_nothing),
      cmocka_unit_test(a_dead_one_is_restored_once),
      cmocka_unit_test(a_restore_that_replaced_nothing_was_none),
      cmocka_unit_test(a_restore_where_no_file_was_counts),
      cmocka_unit_test(restoring_a_living_one_uses_nothing_up),
      cmocka_unit_test(seeing_a_dead_one_does_not_revive_it),
      cmocka_unit_test(the_last_32_dead_are_kept),
      cmocka_unit_test(the_file_keeps_everything),
      cmocka_unit_test(a_file_of_other_types_is_a_history_that_was_lost),
      cmocka_unit_test(a_file_with_too_many_is_cut_to_the_last_32),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
