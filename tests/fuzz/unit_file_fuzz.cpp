// jobs/unit_file and home_readers: what systemd units say of EnvironmentFile=, and which doctor
// names.
#include "jobs/unit_file.h"

#include <algorithm>

#include "admin/host_root.h"
#include "base/trimmed.h"
#include "fuzz/fuzz.h"
#include "jobs/home_readers.h"

namespace claude_auth {
namespace {

constexpr const char* kUnit = "/usr/lib/systemd/system/a.service";
constexpr const char* kDropIn = "/etc/systemd/system/a.service.d/50.conf";

std::vector<std::string> files_in(std::string_view text) {
  return values_in_unit(text, "Service", "EnvironmentFile");
}

void check_values(std::string_view text) {
  for (const std::string& value : files_in(text)) {
    fuzz::require(trimmed(value) == value, "a value has no blanks around it");
    fuzz::require(!value.contains('\n'), "a value is on one line");
  }
}

}  // namespace

void fuzz::take(std::string_view input) {
  const auto files = pieces(input, 2);
  check_values(files[0]);
  check_values(files[1]);

  testing::HostRoot host;
  host.put(kUnit, files[0]);
  host.put(kDropIn, files[1]);
  for (const std::string& named : units_that_read_homes(host.path(), {}))
    require(named == kUnit || named == kDropIn, "what is named is there");

  const std::string last = "/etc/systemd/system/a.service.d/99.conf";
  host.put(last, "[Service]\nEnvironmentFile=\n");
  require(units_that_read_homes(host.path(), {}).empty(), "an empty one forgets all before it");
  host.put(last, "[Service]\nEnvironmentFile=/home/emo/env\n");
  require(std::ranges::count(units_that_read_homes(host.path(), {}), last) == 1,
          "nothing before it hides the last one");
}

}  // namespace claude_auth
