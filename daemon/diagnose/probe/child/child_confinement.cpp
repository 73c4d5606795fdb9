#include "diagnose/probe/child/child_confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "base/file_descriptor.h"

namespace handshaked::diagnose {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)
constexpr bool kHasSanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kHasSanitizer = false;
#endif

constexpr uid_t kNobody = 65534;  // owns nothing, by convention

Result<> limit(__rlimit_resource resource, rlim_t most) {
  const rlimit bound{most, most};
  if (::setrlimit(resource, &bound) != 0)
    return fail(error_from_errno(errno, "cannot bound what it may use"));
  return success();
}

Result<> bound_resources() {
  // The address space of a sanitizer is larger than any bound, and it looks for leaks with a
  // process of its own.
  constexpr rlim_t kMemory = 1024UL << 20;
  if (!kHasSanitizer) {
    TRY(limit(RLIMIT_AS, kMemory));
    TRY(limit(RLIMIT_NPROC, 0));
    TRY(limit(RLIMIT_FSIZE, 0));  // a sanitizer writes its reports
  }
  TRY(limit(RLIMIT_CPU, 60));
  TRY(limit(RLIMIT_CORE, 0));
  return limit(RLIMIT_NOFILE, 64);
}

/// Root becomes nobody. In a user namespace without such a user, root is nobody's root already:
/// without capabilities (below) it is what whoever made the namespace is.
Result<> become_nobody() {
  if (::geteuid() != 0 && ::getuid() != 0) return success();
  drop_bounding_set();
  const bool has_left_groups = ::setgroups(0, nullptr) == 0;
  const bool is_nobody =
      ::setresgid(kNobody, kNobody, kNobody) == 0 && ::setresuid(kNobody, kNobody, kNobody) == 0;
  if (is_nobody && has_left_groups) return success();
  if (errno == EINVAL) return success();
  return fail(error_from_errno(errno,
                               "root cannot become another user here (it needs CAP_SETUID and "
                               "CAP_SETGID; another user than root needs none)"));
}

Result<> drop_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> held{};
  const auto has_none = [&] {
    if (::syscall(SYS_capget, &header, held.data()) != 0) return false;
    return (held[0].effective | held[0].permitted | held[0].inheritable | held[1].effective |
            held[1].permitted | held[1].inheritable) == 0;
  };
  // Asked first: a sandbox may forbid to set what there is not.
  if (has_none()) return success();
  held = {};
  ::syscall(SYS_capset, &header, held.data());
  if (!has_none()) return fail(ErrorCode::permission_denied, "capabilities cannot be given up");
  return success();
}

/// <linux/landlock.h> of Debian 12 knows the first versions only; the kernel may know more
/// (landlock(7)).
struct LandlockRules {
  std::uint64_t files = 0;
  std::uint64_t network = 0;  ///< since version 4
  std::uint64_t scopes = 0;   ///< since version 6: abstract sockets and signals of others
};
constexpr std::uint64_t kExecuteAndWrite = 0x3, kReadFile = 0x4, kRead = 0xc,
                        kRemoveAndMake = 0x1ff0;
constexpr std::uint64_t kRefer = 0x2000, kTruncate = 0x4000, kDevices = 0x8000;

/// What getaddrinfo() reads: which services there are, what they are told, and the libraries that
/// ask them.
constexpr std::array kReadToResolve = {"/etc/nsswitch.conf",
                                       "/etc/resolv.conf",
                                       "/etc/hosts",
                                       "/etc/host.conf",
                                       "/etc/gai.conf",
                                       "/etc/hostname",
                                       "/etc/mdns.allow",
                                       "/etc/services",
                                       "/etc/networks",
                                       "/usr/etc",
                                       "/etc/ld.so.cache",
                                       "/lib",
                                       "/lib64",
                                       "/usr/lib",
                                       "/usr/lib64",
                                       "/usr/local/lib",
                                       "/nix/store",
                                       "/gnu/store",
                                       "/run/systemd/resolve",
                                       "/run/resolvconf",
                                       "/run/NetworkManager",
                                       "/var/lib/sss/mc"};

/// Of the file or directory `path`, and all below it.
void let_be_read(int ruleset, const char* path) {
  const FileDescriptor place(::open(path, O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!place.is_open() || ::fstat(place.number(), &status) != 0) return;
  const landlock_path_beneath_attr rule{S_ISDIR(status.st_mode) ? kRead : kReadFile,
                                        place.number()};
  ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/// What is handled and has no rule is allowed nowhere.
void forbid_by_landlock(ChildTask task) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1);
  if (version < 1) return;
  LandlockRules rules;
  rules.files = kExecuteAndWrite | kRead | kRemoveAndMake;
  if (version >= 2) rules.files |= kRefer;
  if (version >= 3) rules.files |= kTruncate;
  if (version >= 5) rules.files |= kDevices;
  if (task == ChildTask::judge) {
    if (version >= 4) rules.network = 0x3;
    if (version >= 6) rules.scopes = 0x3;
  }
  const std::size_t size = version >= 6   ? sizeof rules
                           : version >= 4 ? 2 * sizeof(std::uint64_t)
                                          : sizeof(std::uint64_t);
  const FileDescriptor ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0)));
  if (task == ChildTask::resolve)
    for (const char* const path : kReadToResolve) let_be_read(ruleset.number(), path);
  if (ruleset.is_open()) ::syscall(SYS_landlock_restrict_self, ruleset.number(), 0);
}

}  // namespace

void drop_bounding_set() {
  for (unsigned long capability = 0;; ++capability) {
    const int held = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (held < 0) return;
    if (held > 0) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

Result<> confine_this_process(ChildTask task) {
  constexpr unsigned kFirstForeign = 3;
  ::close_range(kFirstForeign, ~0U, 0);
  TRY(bound_resources());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fail(error_from_errno(errno, "new privileges cannot be refused"));
  TRY(become_nobody());
  TRY(drop_capabilities());
  // Reports of a sanitizer need files, and its start needs what a filter refuses.
  if (kHasSanitizer) return success();
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return fail(error_from_errno(errno, "it can be looked into"));
  forbid_by_landlock(task);
  return allow_system_calls_of(task);
}

}  // namespace handshaked::diagnose
