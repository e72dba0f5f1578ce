// The gate's table, row by row.
#include "pam_claude/session_gate.h"

#include <string>
#include <string_view>

#include "cmocka_cpp.h"

namespace {

using claude_auth::judge_service;
using claude_auth::judge_user;
using claude_auth::Listener;
using claude_auth::may_speak;
using claude_auth::Membership;
using claude_auth::Options;
using claude_auth::Verdict;

void assert_verdict(Verdict got, Verdict wanted) {
  assert_string_equal(claude_auth::sentence(got), claude_auth::sentence(wanted));
}

Options with_lists(std::string_view services, std::string_view skip_services) {
  Options options;
  options.services = services;
  options.skip_services = skip_services;
  return options;
}

void a_persons_services_are_served(void**) {
  for (const char* service :
       {"sshd", "login", "su", "su-l", "gdm-password", "remote", "other", ""}) {
    assert_verdict(judge_service(Options{}, service), Verdict::act);
  }
}

void services_without_a_person_are_skipped(void**) {
  for (const char* service : {"cron", "crond", "atd", "sudo", "sudo-i", "doas", "systemd-run0",
                              "polkit-1", "runuser", "runuser-l", "systemd-user"}) {
    assert_verdict(judge_service(Options{}, service), Verdict::service_skipped);
  }
}

void the_service_table_holds(void**) {
  struct Row {
    std::string_view services, skip_services, service;
    Verdict verdict;
  };
  constexpr Row rows[] = {
      {"", "su", "su", Verdict::service_skipped},
      {"", "su", "su-l", Verdict::act},
      {"", "su", "cron", Verdict::service_skipped},
      {"sshd", "", "sshd", Verdict::act},
      {"sshd", "", "login", Verdict::service_not_listed},
      {"sshd", "", "cron", Verdict::service_not_listed},
      {"sudo,cron", "", "sudo", Verdict::act},
      {"sshd,su", "su", "su", Verdict::service_skipped},
      {"sshd,su", "su", "sshd", Verdict::act},
  };
  for (const Row& row : rows) {
    assert_verdict(judge_service(with_lists(row.services, row.skip_services), row.service),
                   row.verdict);
  }
}

void the_user_table_holds(void**) {
  struct Row {
    uid_t min_uid, uid;
    std::string_view home;
    Membership membership;
    Verdict verdict;
  };
  constexpr Row rows[] = {
      {1000, 1000, "/home/emo", Membership::not_asked, Verdict::act},
      {1000, 1000, "/home/emo", Membership::member, Verdict::act},
      {1000, 1000, "/home/emo", Membership::outsider, Verdict::not_in_group},
      {1000, 999, "/home/emo", Membership::member, Verdict::below_min_uid},
      {1000, 0, "/root", Membership::not_asked, Verdict::below_min_uid},
      {0, 0, "/root", Membership::not_asked, Verdict::act},
      {1000, 4294967294U, "/", Membership::not_asked, Verdict::act},
      {1000, 1000, "", Membership::not_asked, Verdict::home_not_absolute},
      {1000, 1000, "home/emo", Membership::member, Verdict::home_not_absolute},
  };
  for (const Row& row : rows) {
    Options options;
    options.min_uid = row.min_uid;
    assert_verdict(judge_user(options, row.uid, row.home, row.membership), row.verdict);
  }
}

void the_speech_table_holds(void**) {
  struct Row {
    Listener listener;
    bool quiet;
    bool may;
  };
  constexpr Row rows[] = {
      {{"sshd", false, false}, false, true}, {{"sshd", false, true}, false, true},
      {{"sshd", true, true}, false, false},  {{"sshd", false, true}, true, false},
      {{"su", false, true}, false, true},    {{"su", false, false}, false, false},
      {{"login", true, true}, false, false}, {{"su", false, true}, true, false},
  };
  for (const Row& row : rows) {
    Options options;
    options.quiet = row.quiet;
    assert_int_equal(may_speak(options, row.listener), row.may);
  }
}

void each_verdict_has_a_sentence_of_its_own(void**) {
  for (int first = 0; first <= static_cast<int>(Verdict::home_not_absolute); ++first) {
    for (int second = 0; second < first; ++second) {
      assert_string_not_equal(claude_auth::sentence(static_cast<Verdict>(first)),
                              claude_auth::sentence(static_cast<Verdict>(second)));
    }
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_persons_services_are_served),
      cmocka_unit_test(services_without_a_person_are_skipped),
      cmocka_unit_test(the_service_table_holds),
      cmocka_unit_test(the_user_table_holds),
      cmocka_unit_test(the_speech_table_holds),
      cmocka_unit_test(each_verdict_has_a_sentence_of_its_own),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
