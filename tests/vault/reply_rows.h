// Tables of replies: what each must be taken for, by whatever reads it.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"
#include "vault/http.h"

#include "cmocka_cpp.h"

namespace claude_auth::testing {

inline HttpReply reply(long status, const std::string& body) {
  return {status, body, "", {}};
}

inline std::string errors(const std::string& text) {
  return R"({"errors":[")" + text + "\"]}";
}

inline std::string data(const std::string& inner) {
  return R"({"request_id":"x","data":)" + inner + R"(,"warnings":null})";
}

struct Row {
  const char* what;
  HttpReply reply;
  StoreErrorKind kind;
};

/// Failures that mean the same whatever was asked.
inline std::vector<Row> common_rows() {
  using enum StoreErrorKind;
  return {
      {"bad token", reply(403, errors("permission denied")), denied},
      {"newer bad token", reply(403, R"({"errors":["permission denied","invalid token"]})"),
       denied},
      {"unauthorised by a proxy", reply(401, "<html>"), denied},
      {"upgrading", reply(400, errors("Upgrading from non-versioned to versioned data")), busy},
      {"any other 400", reply(400, errors("no data provided")), misconfigured},
      {"method not allowed", reply(405, errors("unsupported operation")), misconfigured},
      {"behind the cluster", reply(412, errors("required index state not present")), busy},
      {"too large", reply(413, errors("request body too large")), misconfigured},
      {"quota", reply(429, errors("request path: rate limit quota exceeded")), busy},
      {"recovery secondary", reply(472, ""), sealed},
      {"performance standby", reply(473, ""), sealed},
      {"internal error", reply(500, errors("1 error occurred")), unreachable},
      {"not initialised", reply(501, "{}"), sealed},
      {"bad gateway", reply(502, "<html>"), unreachable},
      {"sealed", reply(503, errors("Vault is sealed")), sealed},
      {"load balancer without a server", reply(503, "<html>"), sealed},
      {"gateway time-out", reply(504, ""), unreachable},
      {"second redirect", reply(307, ""), misconfigured},
      {"choice", reply(300, ""), garbled},
      {"not modified", reply(304, ""), garbled},
      {"accepted", reply(202, "{}"), garbled},
      {"teapot", reply(418, ""), garbled},
      {"no status", reply(0, ""), garbled},
      {"200 and HTML", reply(200, "<html>sign in</html>"), garbled},
      {"200 and nothing", reply(200, ""), garbled},
      {"200 and truncated", reply(200, R"({"data":{"data":{"a":)"), garbled},
      {"200 and an array", reply(200, "[]"), garbled},
      {"200 and a BOM", reply(200, "\xEF\xBB\xBF{}"), garbled},
      {"200 and an empty object", reply(200, "{}"), garbled},
      {"200 and a duplicate key", reply(200, R"({"data":{},"data":{}})"), garbled},
  };
}

template <typename Classify>
void assert_rows(const std::vector<Row>& rows, Classify classify) {
  for (const Row& row : rows) {
    const auto result = classify(row.reply);
    if (result) fail_msg("%s: taken for a success", row.what);
    if (result.error().kind != row.kind) {
      fail_msg("%s: %s", row.what, result.error().sentence.c_str());
    }
  }
}

}  // namespace claude_auth::testing
