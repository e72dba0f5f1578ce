// A host whose programs are scripts, in place of claude-auth-sync and systemctl.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "admin/host.h"
#include "cmocka_cpp.h"
#include "needs_root.h"
#include "temporary_directory.h"

namespace claude_auth::test {

inline Deadline ample() {
  return Deadline::in(Millis(30'000));
}

class ScriptedHost {
 public:
  ScriptedHost() {
    // For others to run what is in it.
    ::chmod(dir.path().c_str(), 0755);
    ::mkdir((dir / "booted").c_str(), 0755);
  }

  /// Output of claude-auth-sync, of which `script` takes the part, as nobody.
  Finished run_as_nobody(const std::string& script, std::string_view input = "",
                         Deadline deadline = ample()) {
    needs_root();
    write(helper(), script);
    auto finished = host().run_as(nobody(), {"status", "--json"}, input, deadline);
    if (!finished) fail_msg("%s", finished.error().c_str());
    return *finished;
  }

  std::string said_by_nobody(const std::string& script) {
    return run_as_nobody(script).standard_output;
  }

  void systemctl(const std::string& script) { write(dir / "systemctl", script); }

  [[nodiscard]] std::string helper() const { return dir / "claude-auth-sync"; }
  [[nodiscard]] ThisHost host() const {
    return ThisHost({.helper = helper(), .systemctl = dir / "systemctl", .booted = dir / "booted"});
  }

  static HostUser nobody() {
    auto found = ThisHost().find("nobody");
    assert_true(found.has_value() && found->has_value());
    return **found;
  }

  TemporaryDirectory dir;

 private:
  static void write(const std::string& path, const std::string& script) {
    put(path, "#!/bin/sh\n" + script + "\n", 0755);
  }
};

}  // namespace claude_auth::test
