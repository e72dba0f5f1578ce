#include "chosen_server.h"

#include <sodium.h>

#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>

#include "real_server.h"
#include "vault/http.h"

namespace claude_auth::testing {
namespace {

const RealServer* the_real_one = nullptr;

Method method_of(const ApiRequest& request) {
  if (request.method == "GET") return Method::get;
  return request.method == "DELETE" ? Method::remove : Method::post;
}

/// One connection to the real server.
class Forwarder {
 public:
  explicit Forwarder(const std::string& address)
      : endpoint_(parse_address(address).value()), http_(HttpConnection::prepare({}).value()) {}

  Answer hand_on(const ApiRequest& request) {
    std::string target = "/v1/" + encode_path(request.path);
    char separator = '?';
    for (const auto& [name, value] : request.query) {
      target += separator + name + '=' + value;
      separator = '&';
    }
    HttpRequest onward{.method = method_of(request),
                       .endpoint = endpoint_,
                       .target = target,
                       .headers = {"X-Vault-Request: true"},
                       .body = request.body};
    if (!request.token.empty()) onward.headers.push_back("X-Vault-Token: " + request.token);
    const auto reply = http_.exchange(onward, Deadline::in(std::chrono::seconds(20)));
    if (!reply) return error_answer(502, {reply.error().error.sentence});
    return {static_cast<unsigned>(reply->status), reply->body, {}};
  }

 private:
  Endpoint endpoint_;
  HttpConnection http_;
};

}  // namespace

int on_chosen_server(int argc, char** argv, int (*run)()) {
  if (sodium_init() < 0) return 1;
  if (argc < 2 || argv[1] != std::string_view("--server")) return run();
  const auto program = find_server_program();
  if (!program) {
    std::puts("SKIP: no bao or vault server: neither VAULT_BIN nor PATH has one");
    return 77;
  }
  const RealServer server(*program);
  the_real_one = &server;
  return run();
}

Handler chosen_handler() {
  // Shared, as a function is copied.
  if (the_real_one == nullptr)
    return [own = std::make_shared<VaultDouble>(ServerOptions().root_token)](
               const ApiRequest& request) { return own->handle(request); };
  return [front = std::make_shared<Forwarder>(the_real_one->address())](const ApiRequest& request) {
    return front->hand_on(request);
  };
}

ChosenServer::ChosenServer(Handler handler)
    : DoubleServer({.root_token = the_real_one != nullptr ? the_real_one->root_token()
                                                          : ServerOptions().root_token,
                    .handler = std::move(handler)}) {}

}  // namespace claude_auth::testing
