#include "engine/nats/nats_group_streams.h"

namespace handshaked::engine {

std::string state_stream(const std::string& group) { return "HANDSHAKED_" + group; }
std::string bucket_name(const std::string& group) { return "HANDSHAKED_" + group; }
std::string bucket_stream(const std::string& group) { return "KV_" + bucket_name(group); }
std::string key_subject(const std::string& group, const std::string& key) {
  return "$KV." + bucket_name(group) + "." + key;
}
std::string log_subject(const std::string& group, const std::string& partition) {
  return "handshaked.group." + group + "." + partition;
}

Error missing_stream(const std::string& name) {
  return Error(ErrorCode::not_found, "there is no stream \"" + name +
                                         "\": handshaked group setup makes what a group needs");
}

Result<NatsOwned<jsStreamInfo>> find_group_stream(NatsConnection& connection,
                                                  const std::string& name,
                                                  const std::string& subjects) {
  jsOptions options;
  jsOptions_Init(&options);
  if (!subjects.empty()) options.Stream.Info.SubjectsFilter = subjects.c_str();
  jsStreamInfo* info = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetStreamInfo(&info, connection.jetstream(), name.c_str(), &options, &said);
  if (status == NATS_NOT_FOUND) return NatsOwned<jsStreamInfo>();
  if (status != NATS_OK)
    return fail(connection.unanswered(status, "the stream \"" + name + "\"", said));
  return NatsOwned<jsStreamInfo>(info);
}

std::vector<std::string> subjects_in(const jsStreamInfo& stream) {
  std::vector<std::string> subjects;
  const jsStreamStateSubjects* const list = stream.State.Subjects;
  for (int i = 0; list != nullptr && i < list->Count; ++i)
    subjects.emplace_back(list->List[i].Subject);
  return subjects;
}

}  // namespace handshaked::engine
