#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace handshaked::diagnose {

/// Another program for the length of a test; killed with it. What it prints goes to `output`.
class ChildProgram {
 public:
  ChildProgram(std::vector<std::string> arguments, const std::string& output,
               std::vector<std::string> environment = {}) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    std::vector<char*> envp{path.data()};
    for (std::string& variable : environment) envp.push_back(variable.data());
    envp.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    if (posix_spawnp(&id_, argv[0], &files, nullptr, argv.data(), envp.data()) != 0) id_ = -1;
    posix_spawn_file_actions_destroy(&files);
  }
  ChildProgram(const ChildProgram&) = delete;
  ~ChildProgram() { end(); }

  bool has_started() const { return id_ > 0; }
  void end() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    id_ = -1;
  }

 private:
  pid_t id_ = -1;
};

/// Looks for a program where a test would start it.
inline bool has_program(const std::string& name) {
  for (const char* const directory : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"})
    if (::access((directory + name).c_str(), X_OK) == 0) return true;
  return false;
}

}  // namespace handshaked::diagnose
