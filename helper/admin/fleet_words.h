// The words that JSON and metrics use for what a row holds. Other programs rely on them.
#pragma once

#include "admin/fleet_row.h"
#include "decide/login_words.h"

namespace claude_auth {

[[nodiscard]] const char* word_of(Care care);
[[nodiscard]] const char* word_of(LoginMode mode);
[[nodiscard]] const char* word_of(BackupSeen backup);
[[nodiscard]] const char* word_of(SetupTokenSeen token);
[[nodiscard]] const char* word_of(VaultTokenSeen token);
[[nodiscard]] const char* word_of(UnitsState units);
[[nodiscard]] const char* word_of(FleetHealth health);
[[nodiscard]] const char* word_of(FleetStep step);

}  // namespace claude_auth
