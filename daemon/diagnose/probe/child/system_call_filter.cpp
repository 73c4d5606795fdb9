#include "diagnose/probe/child/system_call_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace handshaked::diagnose {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif
constexpr std::uint32_t kOtherNumbering =
    0x40000000;  // x32 on x86-64: the same calls under other numbers

// Memory, time, waiting, ending; bytes through what is open.
constexpr long kForBoth[] = {
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_close,
    SYS_fcntl,
    SYS_fstat,
    SYS_ppoll,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_sendto,
    SYS_sendmsg,
    SYS_shutdown,
    SYS_getsockname,
    SYS_getpeername,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_getrandom,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_setitimer,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_sched_yield,
    SYS_exit,
    SYS_exit_group,
#ifdef SYS_poll
    SYS_poll,
    SYS_alarm,
    SYS_time,
#endif
};

// getaddrinfo(): /etc, the modules of NSS, resolvers over IP, services over Unix sockets, the list
// of interfaces.
constexpr long kToResolve[] = {
    SYS_socket,     SYS_connect, SYS_bind,      SYS_sendmmsg,
    SYS_recvmmsg,   SYS_ioctl,   SYS_lseek,     SYS_pread64,
    SYS_newfstatat, SYS_statx,   SYS_faccessat, SYS_readlinkat,
    SYS_getdents64, SYS_uname,   SYS_getgroups, SYS_sched_getaffinity,
    SYS_sysinfo,    SYS_mmap,    SYS_mprotect,  SYS_dup,
#ifdef SYS_open
    SYS_stat,       SYS_lstat,   SYS_access,    SYS_readlink,
#endif
};

/// A call that is allowed when some bits of an argument are as they should be.
struct Condition {
  long call;
  unsigned argument;
  std::uint32_t mask;
  std::uint32_t value;
};

class FilterProgram {
 public:
  FilterProgram() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0));
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
    add(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kOtherNumbering, 0, 1));
    answer(SECCOMP_RET_KILL_PROCESS);
  }

  void allow(std::span<const long> calls) {
    for (const long call : calls) {
      add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
      answer(SECCOMP_RET_ALLOW);
    }
  }

  void allow(const Condition& condition) {
    constexpr std::uint8_t kOfThisCall = 5;
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(condition.call), 0,
                 kOfThisCall));
    // The lower half: what the kernel takes of an int.
    load(static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    condition.argument * sizeof(std::uint64_t)));
    add(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, condition.mask));
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, condition.value, 0, 1));
    answer(SECCOMP_RET_ALLOW);
    refuse();
  }

  void refuse() { answer(SECCOMP_RET_ERRNO | EPERM); }

  Result<> put_in_force() {
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0) return success();
    return fail(error_from_errno(errno, "the kernel takes no filter of system calls (seccomp)"));
  }

 private:
  void add(sock_filter instruction) { code_.push_back(instruction); }
  void load(std::uint32_t offset) { add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)); }
  void answer(std::uint32_t value) { add(BPF_STMT(BPF_RET | BPF_K, value)); }

  std::vector<sock_filter> code_;
};

}  // namespace

Result<> allow_system_calls_of(ChildTask task) {
  if constexpr (kArchitecture == 0)
    return fail(ErrorCode::permission_denied,
                "no filter of system calls exists for this processor");
  FilterProgram filter;
  filter.allow(kForBoth);
  // abort() is a signal to oneself.
  filter.allow({SYS_tgkill, 0, ~0U, static_cast<std::uint32_t>(::getpid())});
  if (task == ChildTask::resolve) {
    filter.allow(kToResolve);
    filter.allow({SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY});
#ifdef SYS_open
    filter.allow({SYS_open, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY});
#endif
  } else {
    filter.allow({SYS_mmap, 2, PROT_EXEC, 0});
    filter.allow({SYS_mprotect, 2, PROT_EXEC, 0});
  }
  filter.refuse();
  return filter.put_in_force();
}

}  // namespace handshaked::diagnose
