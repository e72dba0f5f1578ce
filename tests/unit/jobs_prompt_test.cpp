// Reading a secret: from a terminal without echo.
#include "jobs/prompt.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <string>

#include "base/unique_fd.h"
#include "cmocka_cpp.h"
#include "forked.h"

namespace claude_auth {
namespace {

using namespace test;

/// A terminal of the test's own, the person's side.
UniqueFd open_terminal() {
  UniqueFd person(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!person || ::grantpt(person.get()) != 0 || ::unlockpt(person.get()) != 0) fail();
  return person;
}

/// Reads until `text` has been seen; all that was read.
std::string read_until(const UniqueFd& fd, const std::string& text) {
  std::string seen;
  char byte = 0;
  while (!seen.ends_with(text) && ::read(fd.get(), &byte, 1) == 1) seen += byte;
  return seen;
}

bool echoes(const UniqueFd& terminal) {
  termios settings{};
  return ::tcgetattr(terminal.get(), &settings) == 0 && (settings.c_lflag & ECHO) != 0;
}

/// A child that reads a secret from the other side, which is its standard input and error.
pid_t ask_on(const UniqueFd& person) {
  const std::string name = ::ptsname(person.get());
  return start_forked([&] {
    const int terminal = ::open(name.c_str(), O_RDWR | O_NOCTTY);
    ::dup2(terminal, STDIN_FILENO);
    ::dup2(terminal, STDERR_FILENO);
    const auto secret = read_secret("Question: ");
    return secret && secret->view() == "TEST-typed";
  });
}

void what_is_typed_is_read_and_not_shown(void**) {
  const UniqueFd person = open_terminal();
  // Keeps the terminal there after the child.
  const UniqueFd other(::open(::ptsname(person.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  const pid_t child = ask_on(person);
  std::string shown = read_until(person, "Question: ");
  assert_int_equal(::write(person.get(), "TEST-typed\n", 11), 11);
  shown += read_until(person, "\n");
  assert_true(succeeded(child));
  assert_string_equal(shown.c_str(), "Question: \r\n");
}

void the_echo_is_off_while_it_asks_and_on_afterwards(void**) {
  const UniqueFd person = open_terminal();
  const UniqueFd other(::open(::ptsname(person.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  assert_true(echoes(other));
  const pid_t child = ask_on(person);
  static_cast<void>(read_until(person, "Question: "));
  assert_false(echoes(other));
  assert_int_equal(::write(person.get(), "TEST-typed\n", 11), 11);
  assert_true(succeeded(child));
  assert_true(echoes(other));
}

void an_interrupt_is_heeded_at_once_and_leaves_the_echo_on(void**) {
  const UniqueFd person = open_terminal();
  const UniqueFd other(::open(::ptsname(person.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  const pid_t child = ask_on(person);
  static_cast<void>(read_until(person, "Question: "));
  assert_int_equal(::write(person.get(), "TEST-ty", 7), 7);
  assert_int_equal(::kill(child, SIGINT), 0);
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
  assert_true(echoes(other));
}

}  // namespace
}  // namespace claude_auth

int main() {
  using namespace claude_auth;
  if (sodium_init() < 0) return 1;
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_is_typed_is_read_and_not_shown),
      cmocka_unit_test(the_echo_is_off_while_it_asks_and_on_afterwards),
      cmocka_unit_test(an_interrupt_is_heeded_at_once_and_leaves_the_echo_on),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
