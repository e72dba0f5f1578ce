// For each cause of a log-out: how many there are in 500 rotations, and how long until the login is
// back or a person is told, with nobody, `sync` every six hours, or the watch to look after it.
#include <fnmatch.h>

#include <array>
#include <future>
#include <list>
#include <vector>

#include "account.h"
#include "cmocka_cpp.h"
#include "per_client.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

// At the 99th percentile.
constexpr Millis kHealedWithin = 1s;
constexpr Millis kToldWithin = 10s;

/// One cause, under each keeper.
struct Question {
  const Cause& cause;
  std::string directory;
  std::future<Account> watched{};
};

Question& question_of(void** state) {
  return *static_cast<Question*>(*state);
}

void report(const char* keeper, const Cause& cause, const Account& account) {
  print_message("%s, %s: %s\n", cause.name, keeper, in_words(account).c_str());
}

// Without it the others could not fail.
void nobody_looks_after_it(void** state) {
  const auto& [cause, directory, watched] = question_of(state);
  const Account account = simulate(cause, &nobody, directory + "-nobody");
  report("nobody", cause, account);
  assert_int_equal(account.log_outs, cause.cure == Cure::none_needed ? 0 : account.incidents);
}

void a_six_hourly_sync_ends_each_with_a_heal_or_a_word(void** state) {
  const auto& [cause, directory, watched] = question_of(state);
  const Account account = simulate(cause, &six_hourly_sync, directory + "-sync");
  report("six-hourly sync", cause, account);
  assert_int_equal(account.silent, 0);
  assert_true(cause.cure != Cure::none_needed || account.log_outs == 0);
}

void the_watch_heals_it_or_says_so(void** state) {
  Question& question = question_of(state);
  const Cause& cause = question.cause;
  const Account account = question.watched.get();
  report("watch", cause, account);
  if (*cause.impossible != '\0')
    print_message("%s: impossible: %s\n", cause.name, cause.impossible);
  assert_int_equal(account.silent, 0);
  assert_int_equal(account.log_outs, cause.cure == Cure::person ? account.incidents : 0);
  assert_true(percentile(account.healed, 99) <= kHealedWithin);
  assert_true(percentile(account.told, 99) <= kToldWithin);
}

constexpr std::array kAnswers = {
    ClientCase{"nobody looks after it", nobody_looks_after_it},
    ClientCase{"a six-hourly sync ends each with a heal or a word",
               a_six_hourly_sync_ends_each_with_a_heal_or_a_word},
    ClientCase{"the watch heals it or says so", the_watch_heals_it_or_says_so},
};

/// The watches run in real time, in which they mostly wait: all at once, beside the rest.
void start_watch(Question& question) {
  question.watched = std::async(std::launch::async, [&question] {
    return simulate(question.cause, &the_watch, question.directory + "-watch");
  });
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  ClientStage::enter_machine();
  const char* const wanted = argc > 1 ? argv[1] : "*";
  cmocka_set_test_filter(wanted);
  std::list<Question> questions;
  std::list<std::string> names;
  std::vector<CMUnitTest> tests;
  for (const Cause& cause : causes()) {
    Question& question =
        questions.emplace_back(cause, ClientStage::home() + "-" + std::to_string(questions.size()));
    for (const ClientCase& answer : kAnswers) {
      const std::string& name = names.emplace_back(std::string(cause.name) + ": " + answer.name);
      tests.push_back({name.c_str(), answer.function, nullptr, nullptr, &question});
      if (answer.function == &the_watch_heals_it_or_says_so &&
          ::fnmatch(wanted, name.c_str(), 0) == 0)
        start_watch(question);
    }
  }
  return _cmocka_run_group_tests("continuity", tests.data(), tests.size(), nullptr, nullptr);
}
