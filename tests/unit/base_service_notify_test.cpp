// base/service_notify: what reaches a service manager, and what is taken for the journal.
#include "base/service_notify.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "base/unique_fd.h"
#include "cmocka_cpp.h"

using namespace claude_auth;

namespace {

/// A service manager that listens at an abstract address of its own.
class Manager {
 public:
  Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const std::string name = "@claude-auth-test-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name, address.sun_path);
    address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    assert_int_equal(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  [[nodiscard]] std::string hear() const {
    std::array<char, 64> text{};
    const ssize_t length = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
  }

 private:
  UniqueFd socket_;
};

void say_that_output_goes_to(int fd) {
  struct stat info{};
  assert_int_equal(::fstat(fd, &info), 0);
  const std::string stream = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
}

void manager_hears_what_is_said(void**) {
  const Manager manager;
  notify_service_manager("READY=1");
  assert_string_equal(manager.hear().c_str(), "READY=1");
}

void no_manager_is_no_trouble(void**) {
  ::unsetenv("NOTIFY_SOCKET");
  assert_false(has_service_manager());
  notify_service_manager("READY=1");
}

void journal_stream_is_known(void**) {
  say_that_output_goes_to(STDERR_FILENO);
  assert_true(is_journal_stream(STDERR_FILENO));
}

// Started from a service, but with its output somewhere else.
void other_output_is_no_journal(void**) {
  std::array<int, 2> ends{};
  assert_int_equal(::pipe(ends.data()), 0);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  say_that_output_goes_to(writing.get());
  assert_false(is_journal_stream(STDERR_FILENO));
}

void without_the_variable_nothing_is_the_journal(void**) {
  ::unsetenv("JOURNAL_STREAM");
  assert_false(is_journal_stream(STDERR_FILENO));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(manager_hears_what_is_said),
      cmocka_unit_test(no_manager_is_no_trouble),
      cmocka_unit_test(journal_stream_is_known),
      cmocka_unit_test(other_output_is_no_journal),
      cmocka_unit_test(without_the_variable_nothing_is_the_journal),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
