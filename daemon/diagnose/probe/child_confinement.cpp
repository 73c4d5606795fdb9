#include "diagnose/probe/child_confinement.h"

#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace handshaked::diagnose {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)
constexpr bool kHasSanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kHasSanitizer = false;
#endif

void limit(__rlimit_resource resource, rlim_t most) {
  const rlimit bound{most, most};
  ::setrlimit(resource, &bound);
}

void forbid_writing_and_executing() {
  landlock_ruleset_attr ruleset{};
  // All of the first version of Landlock but reading. No rule is added: nothing of it is allowed anywhere.
  ruleset.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                              LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                              LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                              LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  const long fd = ::syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
  if (fd < 0) return;
  ::syscall(SYS_landlock_restrict_self, fd, 0);
  ::close(static_cast<int>(fd));
}

}  // namespace

void confine_this_process() {
  constexpr unsigned kFirstForeign = 3;
  ::close_range(kFirstForeign, ~0U, 0);
  // The address space of a sanitizer is larger than any bound.
  constexpr rlim_t kMemory = 1024UL << 20;
  if (!kHasSanitizer) limit(RLIMIT_AS, kMemory);
  limit(RLIMIT_CPU, 60);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_NPROC, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // A sanitizer writes its reports.
  if (!kHasSanitizer) {
    limit(RLIMIT_FSIZE, 0);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    forbid_writing_and_executing();
  }
}

}  // namespace handshaked::diagnose
