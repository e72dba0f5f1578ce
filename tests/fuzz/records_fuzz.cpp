// admin/records: what is revoked by name, and so goes into requests to Vault.
#include "admin/records.h"

#include "fuzz/fuzz.h"
#include "store/token_facts.h"
#include "unit/temporary_directory.h"

namespace claude_auth {
namespace {

constexpr const char* kUser = "made-up-user";

void check_accessor(const std::string& accessor) {
  fuzz::require(usable_token(accessor) == accessor, "an accessor is of a token's shape");
}

}  // namespace

void fuzz::take(std::string_view input) {
  const test::TemporaryDirectory directory;
  test::put(directory / "made-up-user.json", std::string(input));
  const auto records = Records::open(directory.path(), Deadline::in(std::chrono::seconds(1)));
  require(records.has_value(), "the records can be opened");

  const auto record = records->load(kUser);
  if (!record) {
    require_sentence(record.error());
    return;
  }
  if (!record->accessor.empty()) check_accessor(record->accessor);
  if (!record->pending.empty()) check_accessor(record->pending);
  for (const std::string& accessor : record->replaced) check_accessor(accessor);
  require(records->save(kUser, *record).has_value(), "what was read can be written");
  require(records->load(kUser) == *record, "and is the same");
}

}  // namespace claude_auth
