// claude/client_lock: the record by which locks of a dead process of ours are removed, in a
// directory with one of ours and things that are not.
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "claude/client_lock.h"
#include "fuzz/fuzz.h"
#include "unit/temporary_directory.h"

namespace claude_auth {
namespace {

/// A directory to be in: names of a record are then relative, and nobody else's.
class Place {
 public:
  Place() {
    fuzz::require(::chdir(directory_.path().c_str()) == 0, "it can be entered");
    ::mkdir("ours.lock", 0500);
    ::mkdir("claudes.lock", 0755);
    test::put("file.lock", "");
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { static_cast<void>(::chdir("/")); }

 private:
  test::TemporaryDirectory directory_;
};

/// `input`, with the name of this host wherever a seed leaves a place for it.
std::string on_this_host(std::string_view input) {
  constexpr std::string_view kPlace = "@HOST@";
  utsname names{};
  ::uname(&names);
  std::string text(input);
  if (const std::size_t at = text.find(kPlace); at != std::string::npos)
    text.replace(at, kPlace.size(), names.nodename);
  return text;
}

bool is_record(const std::string& text) {
  return parse_object(text).has_value();
}

}  // namespace

void fuzz::take(std::string_view input) {
  // Elsewhere are the directories of this machine.
  if (input.contains('/') || input.contains('\\')) return;
  const Place place;
  const std::string text = on_this_host(input);
  test::put("record", text);
  remove_dead_locks("record");

  require(test::exists("claudes.lock") && test::exists("file.lock"), "only ours is removed");
  if (test::exists("ours.lock")) {
    require(is_record(text) || !test::exists("record"), "a garbled record does not stay");
  } else {
    require(!test::exists("record"), "what has been removed needs no record");
  }
}

}  // namespace claude_auth
