#include "answer.h"

namespace claude_auth::testing {

Answer error_answer(unsigned status, std::initializer_list<std::string_view> errors) {
  const Json object = new_object();
  set_strings(object.get(), "errors", std::vector<std::string>(errors.begin(), errors.end()));
  return {status, dump(object.get()), {}};
}

Answer not_allowed() {
  return error_answer(403, {"1 error occurred:\n\t* permission denied\n\n"});
}

Answer unsupported_path() {
  return error_answer(404, {"1 error occurred:\n\t* unsupported path\n\n"});
}

Answer unsupported_operation() {
  return error_answer(405, {"1 error occurred:\n\t* unsupported operation\n\n"});
}

Answer envelope(unsigned status, Json data, Json auth, const std::vector<std::string>& warnings) {
  const Json object = new_object();
  set_string(object.get(), "request_id", "00000000-0000-0000-0000-000000000000");
  set_string(object.get(), "lease_id", "");
  set_flag(object.get(), "renewable", false);
  set_integer(object.get(), "lease_duration", 0);
  set_member(object.get(), "data", std::move(data));
  set_member(object.get(), "wrap_info", nullptr);
  set_member(object.get(), "warnings", nullptr);
  if (!warnings.empty()) set_strings(object.get(), "warnings", warnings);
  set_member(object.get(), "auth", std::move(auth));
  return {status, dump(object.get()), {}};
}

void set_member(json_t* object, const char* key, Json value) {
  json_object_set_new(object, key, value ? value.release() : json_null());
}

void set_flag(json_t* object, const char* key, bool value) {
  json_object_set_new(object, key, json_boolean(value));
}

}  // namespace claude_auth::testing
