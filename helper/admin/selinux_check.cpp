// SELinux' part of installed_check.h: a wrong label makes sshd fail where login works.
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string_view>

#include "admin/installed_check.h"
#include "base/errors.h"

namespace claude_auth {
namespace {

constexpr char kEnforce[] = "/sys/fs/selinux/enforce";

/// "system_u:object_r:lib_t:s0"; empty where the file has none.
std::string label_of(const std::string& path) {
  std::array<char, 256> label{};
  const ssize_t size = ::lgetxattr(path.c_str(), "security.selinux", label.data(), label.size());
  if (size <= 0) return {};
  const std::string_view text(label.data(), static_cast<std::size_t>(size));
  return printable(text.substr(0, text.find('\0')));
}

Finding judge_label(const HostTree& tree, const std::string& path, std::string_view type) {
  const std::string label = label_of(tree.root + path);
  if (label.contains(":" + std::string(type) + ":")) return {Status::ok, path + " is " + label};
  return {Status::warn, path + " is " + (label.empty() ? "not labelled" : label) + ", not " +
                            std::string(type) + ": `restorecon -v " + path +
                            "`; what was refused: `ausearch -m avc -ts recent`"};
}

}  // namespace

bool has_selinux(const HostTree& tree) {
  return ::access((tree.root + kEnforce).c_str(), F_OK) == 0;
}

Findings check_selinux(const HostTree& tree) {
  std::ifstream file(tree.root + kEnforce);
  const std::string enforce(std::istreambuf_iterator<char>(file), {});
  if (!enforce.starts_with('1')) return {};
  return {judge_label(tree, tree.security_dir + "/pam_claude.so", "lib_t"),
          judge_label(tree, tree.helper, "bin_t"), judge_label(tree, tree.store, "bin_t")};
}

}  // namespace claude_auth
