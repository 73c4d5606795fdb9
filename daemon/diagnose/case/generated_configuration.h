#pragma once

#include "diagnose/diagnosis.h"
#include "nginx/configuration/configuration.h"

namespace handshaked::diagnose {

/// In Kubernetes a controller writes nginx's configuration, and an edit of what it wrote is gone
/// with its next one. Fixes that change such a configuration say what its owner edits instead (an
/// annotation, a key of the ConfigMap, a Secret, a field), with kubectl's command where one does
/// it, and have no patch. Their changes and proofs stay: nginx is given the same directive. Does
/// nothing to a configuration that people write.
void name_what_owner_edits(Diagnosis& diagnosis, const nginx::Configuration& configuration);

}  // namespace handshaked::diagnose
