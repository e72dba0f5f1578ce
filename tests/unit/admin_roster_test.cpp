// helper/admin/roster: what a roster says, and that each fault of one names its line.
#include "admin/roster.h"

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "cmocka_cpp.h"
#include "needs_root.h"
#include "temporary_directory.h"

namespace claude_auth {
namespace {

using namespace test;

std::vector<RosterUser> users_of(const std::string& text) {
  const auto users = parse_roster(text, "r");
  if (!users) fail_msg("%s", users.error().front().c_str());
  return *users;
}

/// The care that a one-user roster with this entry asks for.
Care care_of(const std::string& entry) {
  const auto users = users_of("users: {emo: " + entry + "}\n");
  assert_int_equal(users.size(), 1);
  return users.front().care;
}

/// All faults, one a line.
std::string faults_of(const std::string& text) {
  const auto users = parse_roster(text, "r");
  std::string all;
  if (users) return all;
  for (const std::string& fault : users.error()) all += fault + "\n";
  return all;
}

/// Names each row whose faults are other ones than these.
struct Faulty {
  const char* name;
  std::string text;
  std::string faults;
};

template <std::size_t N>
void every_fault_is_named(const Faulty (&rows)[N]) {
  std::size_t wrong = 0;
  for (const Faulty& row : rows) {
    const std::string found = faults_of(row.text);
    if (found == row.faults) continue;
    print_error("wrong: %s: %s", row.name, found.empty() ? "no fault\n" : found.c_str());
    ++wrong;
  }
  assert_int_equal(wrong, 0);
}

const std::string kName =
    "should be up to 64 letters, digits, '.', '_', '-' and '@', the first a letter, digit or '_', "
    "not all of them digits\n";

// --- what is read ---

void a_map_names_users_in_its_order(void**) {
  const auto users = users_of("users:\n  zoe: {claude_auth: true}\n  emo: {claude_auth: true}\n");
  assert_int_equal(users.size(), 2);
  assert_string_equal(users[0].name.c_str(), "zoe");
  assert_string_equal(users[1].name.c_str(), "emo");
}

void a_list_names_users_as_well(void**) {
  const auto users =
      users_of("users:\n  - name: zoe\n    claude_auth: true\n  - {name: emo, parked: true}\n");
  assert_int_equal(users.size(), 2);
  assert_string_equal(users[0].name.c_str(), "zoe");
  assert_true(users[0].care == Care::managed);
  assert_string_equal(users[1].name.c_str(), "emo");
  assert_true(users[1].care == Care::parked);
}

void a_users_line_is_that_of_his_name(void**) {
  assert_int_equal(users_of("# all\nusers:\n  emo:\n    parked: true\n").front().line, 3);
  assert_int_equal(users_of("users:\n- tier: x\n  name: emo\n").front().line, 3);
}

void an_email_is_kept(void**) {
  assert_string_equal(users_of("users: {emo: {email: emo@example.com}}").front().email.c_str(),
                      "emo@example.com");
}

void an_empty_email_is_none(void**) {
  assert_string_equal(users_of("users: {emo: {email: }}").front().email.c_str(), "");
}

void nobody_is_cared_for_unasked(void**) {
  assert_true(care_of("{tier: power-user}") == Care::off);
  assert_true(care_of("") == Care::off);
}

void every_boolean_of_yaml_1_1_is_one(void**) {
  for (const char* word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
    assert_true(care_of(std::string("{claude_auth: ") + word + "}") == Care::managed);
  for (const char* word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
    assert_true(care_of(std::string("{claude_auth: ") + word + "}") == Care::off);
}

void parked_outranks_the_rest(void**) {
  assert_true(care_of("{claude_auth: true, parked: true}") == Care::parked);
  assert_true(care_of("{claude_auth: false, parked: true}") == Care::parked);
  assert_true(care_of("{claude_auth: true, parked: false}") == Care::managed);
}

void a_map_without_users_is_a_roster_of_nobody(void**) {
  assert_int_equal(users_of("users: {}").size(), 0);
  assert_int_equal(users_of("users: []").size(), 0);
}

void windows_line_ends_and_byte_order_mark_change_nothing(void**) {
  const auto users = users_of("\xEF\xBB\xBFusers:\r\n  emo:\r\n    claude_auth: true\r\n");
  assert_string_equal(users.front().name.c_str(), "emo");
  assert_true(users.front().care == Care::managed);
  assert_int_equal(users.front().line, 2);
}

void an_alias_stands_for_what_it_names(void**) {
  const auto users = users_of("x: &on {claude_auth: true}\nusers:\n  emo: *on\n  zoe: *on\n");
  assert_int_equal(users.size(), 2);
  assert_true(users[0].care == Care::managed && users[1].care == Care::managed);
  assert_int_equal(users[1].line, 4);
}

void a_merge_key_fills_gaps(void**) {
  const auto users = users_of(
      "x: &on {claude_auth: true, email: a@example.com}\n"
      "users:\n"
      "  emo: {<<: *on, email: emo@example.com}\n"
      "  zoe: {parked: true, <<: [{email: z@example.com}, *on]}\n");
  assert_true(users[0].care == Care::managed);
  assert_string_equal(users[0].email.c_str(), "emo@example.com");
  assert_true(users[1].care == Care::parked);
  assert_string_equal(users[1].email.c_str(), "z@example.com");
}

void a_map_that_merges_itself_ends(void**) {
  assert_true(users_of("users: {emo: &me {<<: *me, claude_auth: true}}").front().care ==
              Care::managed);
}

/// A roster that a tool for accounts keeps for itself: thirty keys a user, of every kind.
std::string foreign_roster(std::size_t users) {
  std::string text = "%YAML 1.1\n---\nversion: 7\nsites: &sites [ams, fra]\nusers:\n";
  for (std::size_t i = 0; i < users; ++i) {
    text += "  user-" + std::to_string(i) + ":\n    claude_auth: true\n";
    for (int key = 0; key < 10; ++key)
      text += "    text_" + std::to_string(key) + ": \"\\u00e9 # no comment\"\n";
    for (int key = 0; key < 10; ++key)
      text +=
          "    tree_" + std::to_string(key) + ": {a: [1, 2.5, ~], ? [x, y] : z, sites: *sites}\n";
    for (int key = 0; key < 5; ++key)
      text += "    block_" + std::to_string(key) + ": |\n      users:\n        nobody: {}\n";
    text += "    tagged: !vault abc\n    twice: {k: 1, k: 2}\n    date: 2026-11-21\n";
    text += "    claude_auth_v2: maybe\n    1: one\n";
  }
  return text + "groups: {emo: {claude_auth: nonsense}}\n";
}

void keys_of_another_tool_are_passed_over(void**) {
  const auto users = users_of(foreign_roster(1));
  assert_int_equal(users.size(), 1);
  assert_string_equal(users.front().name.c_str(), "user-0");
  assert_true(users.front().care == Care::managed);
}

void thousands_of_users_take_no_time(void**) {
  const std::string text = foreign_roster(2'000);
  const Deadline deadline = Deadline::in(Millis(10'000));
  assert_int_equal(users_of(text).size(), 2'000);
  assert_false(deadline.passed());
}

// --- what is refused ---

void structure_that_is_none_of_a_roster_is_refused(void**) {
  const std::string kNoUsers = ": there is no \"users:\" at the top level\n";
  const std::string kKind =
      "r:1: \"users:\" should be a map of users, or a list of maps with \"name:\"; {} for none\n";
  const std::string kItem = "r:2: each user of a list should be a map with \"name:\"\n";
  every_fault_is_named({
      {"nothing", "", "r:1" + kNoUsers},
      {"a comment", "\n# x\n", "r:2" + kNoUsers},
      {"a list", "\n- users\n", "r:2" + kNoUsers},
      {"other keys", "user: {}\n", "r:1" + kNoUsers},
      {"users empty", "users:\n\n", kKind},
      {"quote without end", "users:\n  emo:\n    tier: 'x\n  zoe: {}\n",
       "r:4: no YAML that can be read: illegal document indicator in scalar\n"},
      {"document end", "users: emo\n...\n", kKind},
      {"users text", "users: emo\n", kKind},
      {"users twice", "users: {}\nusers: {}\n",
       "r:2: the key \"users\" is there twice, first in line 1\n"},
      {"user no map", "users:\n  emo: true\n",
       "r:2: the user \"emo\" should be a map, such as {claude_auth: true}\n"},
      {"item no map", "users:\n  - emo\n", kItem},
      {"item without name", "users:\n  - tier: x\n", kItem},
      {"item with an empty name", "users:\n  - name:\n", "r:2: a user's name should be text\n"},
      {"a name that is a list", "users:\n  ? [emo]\n  : {}\n",
       "r:2: a user's name should be text\n"},
      {"second document", "users: {}\n---\nusers: {}\n",
       "r:3: no YAML that can be read: a second document\n"},
  });
}

void what_is_there_twice_is_refused(void**) {
  every_fault_is_named({
      {"user in a map", "users:\n  emo: {}\n  zoe: {}\n  emo: {}\n",
       "r:4: the user emo is there twice, first in line 2\n"},
      {"user in a list", "users:\n- name: emo\n- name: emo\n",
       "r:3: the user emo is there twice, first in line 2\n"},
      {"user quoted", "users:\n  emo: {}\n  \"emo\": {}\n",
       "r:3: the user emo is there twice, first in line 2\n"},
      {"our key", "users:\n  emo:\n    claude_auth: true\n    claude_auth: false\n",
       "r:4: the key \"claude_auth\" is there twice, first in line 3\n"},
      {"another's key", "users:\n  emo:\n    tier: a\n    tier: a\n",
       "r:4: the key \"tier\" is there twice, first in line 3\n"},
      {"merge key", "x: &x {}\nusers:\n  emo:\n    <<: *x\n    <<: *x\n",
       "r:5: the key \"<<\" is there twice, first in line 4\n"},
      {"in what many name", "x: &x {a: 1, a: 2}\nusers: {emo: *x, zoe: *x}\n",
       "r:1: the key \"a\" is there twice, first in line 1\n"},
  });
}

void values_of_a_wrong_type_are_refused(void**) {
  const auto flag = [](const std::string& value) {
    return "users:\n  emo:\n    claude_auth: " + value + "\n";
  };
  const std::string kFlag = "r:3: claude_auth should be true or false\n";
  const std::string kEmail = "r:1: email should be one line of up to 254 bytes\n";
  const std::string kMerge = "r:1: \"<<\" should name a map, or a list of maps\n";
  every_fault_is_named({
      {"a word", flag("maybe"), kFlag},
      {"a number", flag("1"), kFlag},
      {"a letter", flag("y"), kFlag},
      {"another case", flag("tRUE"), kFlag},
      {"quoted", flag("\"true\""), kFlag},
      {"tagged as text", flag("!!str true"), kFlag},
      {"tagged as something", flag("!x true"), kFlag},
      {"empty", flag(""), kFlag},
      {"a list", flag("[true]"), kFlag},
      {"an alias of text", "x: &x no way\nusers: {emo: {parked: *x}}\n",
       "r:1: parked should be true or false\n"},
      {"email a list", "users: {emo: {email: [a]}}", kEmail},
      {"email of two lines", "users: {emo: {email: \"a\\nb\"}}", kEmail},
      {"email without end", "users: {emo: {email: " + std::string(255, 'a') + "}}", kEmail},
      {"merge of text", "users: {emo: {<<: x}}", kMerge},
      {"merge of a list of texts", "users: {emo: {<<: [x]}}", kMerge},
  });
}

void names_that_can_be_no_user_or_policy_are_refused(void**) {
  std::size_t wrong = 0;
  for (const std::string name :
       {"a*",    "a+",    "a/b",    "/a",      "a b",       " ",    "",    "-a",  ".a",
        "..",    "@a",    "a\\\\b", "a%b",     "a:b",       "a$",   "a,b", "a'b", "a\\\"b",
        "a\\tb", "a\\nb", "a\\0b",  "a\\x7fb", "\\u00e9mo", "1000", "<<"}) {
    if (faults_of("users:\n  \"" + name + "\": {}\n").ends_with("\" " + kName)) continue;
    print_error("taken: %s\n", name.c_str());
    ++wrong;
  }
  assert_int_equal(wrong, 0);
}

void names_that_directories_give_are_taken(void**) {
  for (const std::string name :
       {"emo", "Emo", "e", "_svc", "emo.b-c_d", "1st", "emo@corp.example.com"})
    assert_string_equal(users_of("users: {" + name + ": {}}").front().name.c_str(), name.c_str());
}

void a_name_may_have_64_bytes(void**) {
  assert_string_equal(faults_of("users: {" + std::string(64, 'a') + ": {}}").c_str(), "");
  assert_true(faults_of("users: {" + std::string(65, 'a') + ": {}}").ends_with(kName));
}

void bytes_that_are_no_text_are_refused(void**) {
  const auto fault = [](const std::string& line, const std::string& what) {
    return "r:" + line + ": no YAML that can be read: " + what + "\n";
  };
  every_fault_is_named({
      {"NUL", std::string("users:\n  a: {}\0\n", 15), fault("2", "a control character")},
      {"escape", "users: {}\n# \x1b[31m\n", fault("2", "a control character")},
      {"lone CR", "users:\r  a: {}\r", fault("1", "a control character")},
      {"Latin-1", "users: {}\n# caf\xe9\n", fault("2", "not UTF-8")},
      {"a surrogate", "# \xed\xa0\x80\nusers: {}\n", fault("1", "not UTF-8")},
      {"UTF-16", std::string("\xff\xfeu\0s\0", 6), fault("1", "a control character")},
      {"tabs", "users:\n  emo:\n\tclaude_auth: true\n", fault("3", "indented by a tab")},
  });
}

void broken_yaml_names_its_line(void**) {
  for (const std::string text :
       {"users:\n  emo: {claude_auth: true\n", "users:\n  emo: *nobody\n", "users:\n  emo: 'x\n",
        "users:\n  emo: @x\n", "users:\n  - a\n  b: c\n"}) {
    const std::string fault = faults_of(text);
    if (!fault.starts_with("r:") || !fault.contains(": no YAML that can be read: "))
      fail_msg("%s: %s", text.c_str(), fault.c_str());
  }
}

void every_fault_is_told_at_once(void**) {
  assert_string_equal(faults_of("users:\n  emo: {parked: x}\n  zoe: {claude_auth: x}\n").c_str(),
                      "r:2: parked should be true or false\n"
                      "r:3: claude_auth should be true or false\n");
}

void faults_without_end_are_cut(void**) {
  std::string text = "users:\n";
  for (int i = 0; i < 500; ++i) text += "  u" + std::to_string(i) + ": x\n";
  const auto users = parse_roster(text, "r");
  assert_int_equal(users.error().size(), 101);
  assert_string_equal(users.error().back().c_str(), "r:102: and more");
}

// --- what would cost too much ---

void more_than_4_mib_are_refused(void**) {
  assert_string_equal(faults_of("users: {}\n" + std::string(4 << 20, '#')).c_str(),
                      "r:1: a roster of more than 4 MiB is not read\n");
}

void nesting_without_end_is_refused(void**) {
  for (const std::string one : {"[", "{", "{a: ", "- ", "? "}) {
    std::string text;
    while (text.size() < 100'000) text += one;
    assert_string_equal(faults_of(text).c_str(),
                        "r:1: no YAML that can be read: nested too deeply\n");
  }
}

void values_without_end_are_refused(void**) {
  std::string text = "x: [";
  while (text.size() < (4 << 20) - 2) text += "a,";
  assert_string_equal(faults_of(text + "]").c_str(),
                      "r:1: no YAML that can be read: more than a million values\n");
}

void aliases_of_aliases_are_expanded_by_nobody(void**) {
  std::string text = "b0: &b0 {claude_auth: true}\n";
  for (int i = 1; i <= 15; ++i) {
    const std::string last = "*b" + std::to_string(i - 1);
    text += "b" + std::to_string(i) + ": &b" + std::to_string(i) + " {<<: [" + last;
    for (int j = 0; j < 50; ++j) text += ", " + last;
    text += "]}\n";
  }
  const Deadline deadline = Deadline::in(Millis(10'000));
  const auto users = users_of(text + "users: {emo: *b15}\n");
  assert_true(users.front().care == Care::managed);
  assert_false(deadline.passed());
}

void merges_without_end_are_refused(void**) {
  std::string text = "users:\n  emo: ";
  for (int i = 0; i < 100; ++i) text += "{<<: ";
  text += "{}" + std::string(100, '}') + "\n";
  assert_string_equal(faults_of(text).c_str(), "r:2: \"<<\" is nested too deeply\n");
}

// --- between users ---

RosterFaults collisions(const std::string& text, const VaultSettings& settings = {}) {
  return find_collisions(users_of(text), settings, "r");
}

void users_apart_collide_in_nothing(void**) {
  assert_true(collisions("users: {emo: {}, zoe: {}, emo2: {}}").empty());
}

void one_display_name_of_two_users_is_a_fault(void**) {
  const auto faults = collisions("users:\n  a.b: {}\n  a-b: {}\n");
  assert_int_equal(faults.size(), 1);
  assert_string_equal(faults.front().c_str(),
                      "r:3: the users a-b and a.b (line 2) would have one token display name, "
                      "token-devvm-claude-auth-a-b");
}

void one_policy_of_two_users_is_a_fault(void**) {
  const auto faults = collisions("users:\n  Emo: {}\n  emo: {}\n");
  assert_int_equal(faults.size(), 1);
  assert_string_equal(
      faults.front().c_str(),
      "r:3: the users emo and Emo (line 2) would have one policy, workstation-claude-emo");
}

void a_path_that_names_no_user_is_a_fault(void**) {
  VaultSettings settings;
  settings.path = "workstation/claude-users/emo";
  const auto faults = collisions("users:\n  emo: {}\n  zoe: {}\n", settings);
  assert_int_equal(faults.size(), 1);
  assert_string_equal(faults.front().c_str(),
                      "r:3: the users zoe and emo (line 2) would have one path in Vault, "
                      "workstation/claude-users/emo");
}

void a_policy_of_vaults_own_is_a_fault(void**) {
  VaultSettings settings;
  settings.token_policy = "%u";
  const auto faults = collisions("users:\n  Root: {}\n", settings);
  assert_int_equal(faults.size(), 1);
  assert_string_equal(faults.front().c_str(),
                      "r:2: the policy of Root would be Vault's own policy root");
}

// --- the file ---

/// The one sentence on a file that is not read.
std::string not_read(const std::string& path) {
  const auto users = load_roster(path, {});
  assert_false(users.has_value());
  assert_int_equal(users.error().size(), 1);
  return users.error().front();
}

void a_file_is_read(void**) {
  const TemporaryDirectory dir;
  put(dir / "r", "users: {emo: {claude_auth: yes}}\n", 0644);
  assert_int_equal(load_roster(dir / "r", {})->size(), 1);
}

void a_files_faults_begin_with_its_path(void**) {
  const TemporaryDirectory dir;
  put(dir / "r", "users:\n  a.b: {}\n  a_b: {}\n");
  assert_true(not_read(dir / "r").starts_with(dir / "r:3: "));
}

void a_file_that_others_may_write_is_refused(void**) {
  const TemporaryDirectory dir;
  put(dir / "r", "users: {}\n", 0664);
  assert_true(not_read(dir / "r").contains(" is accessible to others"));
}

void a_file_of_somebody_else_is_refused(void**) {
  needs_root();
  const TemporaryDirectory dir;
  put(dir / "r", "users: {}\n", 0644);
  assert_int_equal(::chown((dir / "r").c_str(), kNobody, kNobody), 0);
  assert_true(not_read(dir / "r").contains(" belongs to another user"));
}

void a_missing_file_is_said_to_be_missing(void**) {
  const TemporaryDirectory dir;
  assert_string_equal(not_read(dir / "r").c_str(), ((dir / "r") + " does not exist").c_str());
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_map_names_users_in_its_order),
      cmocka_unit_test(a_list_names_users_as_well),
      cmocka_unit_test(a_users_line_is_that_of_his_name),
      cmocka_unit_test(an_email_is_kept),
      cmocka_unit_test(an_empty_email_is_none),
      cmocka_unit_test(nobody_is_cared_for_unasked),
      cmocka_unit_test(every_boolean_of_yaml_1_1_is_one),
      cmocka_unit_test(parked_outranks_the_rest),
      cmocka_unit_test(a_map_without_users_is_a_roster_of_nobody),
      cmocka_unit_test(windows_line_ends_and_byte_order_mark_change_nothing),
      cmocka_unit_test(an_alias_stands_for_what_it_names),
      cmocka_unit_test(a_merge_key_fills_gaps),
      cmocka_unit_test(a_map_that_merges_itself_ends),
      cmocka_unit_test(keys_of_another_tool_are_passed_over),
      cmocka_unit_test(thousands_of_users_take_no_time),
      cmocka_unit_test(structure_that_is_none_of_a_roster_is_refused),
      cmocka_unit_test(what_is_there_twice_is_refused),
      cmocka_unit_test(values_of_a_wrong_type_are_refused),
      cmocka_unit_test(names_that_can_be_no_user_or_policy_are_refused),
      cmocka_unit_test(names_that_directories_give_are_taken),
      cmocka_unit_test(a_name_may_have_64_bytes),
      cmocka_unit_test(bytes_that_are_no_text_are_refused),
      cmocka_unit_test(broken_yaml_names_its_line),
      cmocka_unit_test(every_fault_is_told_at_once),
      cmocka_unit_test(faults_without_end_are_cut),
      cmocka_unit_test(more_than_4_mib_are_refused),
      cmocka_unit_test(nesting_without_end_is_refused),
      cmocka_unit_test(values_without_end_are_refused),
      cmocka_unit_test(aliases_of_aliases_are_expanded_by_nobody),
      cmocka_unit_test(merges_without_end_are_refused),
      cmocka_unit_test(users_apart_collide_in_nothing),
      cmocka_unit_test(one_display_name_of_two_users_is_a_fault),
      cmocka_unit_test(one_policy_of_two_users_is_a_fault),
      cmocka_unit_test(a_path_that_names_no_user_is_a_fault),
      cmocka_unit_test(a_policy_of_vaults_own_is_a_fault),
      cmocka_unit_test(a_file_is_read),
      cmocka_unit_test(a_files_faults_begin_with_its_path),
      cmocka_unit_test(a_file_that_others_may_write_is_refused),
      cmocka_unit_test(a_file_of_somebody_else_is_refused),
      cmocka_unit_test(a_missing_file_is_said_to_be_missing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
