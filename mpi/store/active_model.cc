#include "mpi/store/active_model.h"

#include "mpi/score/model_file.h"
#include "mpi/store/model_store.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {

absl::StatusOr<std::shared_ptr<const Model>> ActiveModel::In(const KvReader& state) const {
  HIE_ASSIGN_OR_RETURN(const v1::ActiveModelRow active, ModelStore(state).Active());
  absl::StatusOr<std::shared_ptr<const Model>> model = WithHash(state, active.hash());
  if (absl::IsNotFound(model.status()))
    return absl::DataLossError("models: the active one is gone");
  return model;
}

absl::StatusOr<std::shared_ptr<const Model>> ActiveModel::WithHash(const KvReader& state,
                                                                   const std::string& hash) const {
  // Borrowed: the shipped model outlives everybody.
  if (hash.empty()) return std::shared_ptr<const Model>(&shipped_, [](const Model*) {});
  if (std::shared_ptr<const Model> model = Cached(hash)) return model;
  MutexLock loading(loading_);
  if (std::shared_ptr<const Model> model = Cached(hash)) return model;
  HIE_ASSIGN_OR_RETURN(const std::string text, ModelStore(state).Text(hash));
  absl::StatusOr<Model> read = ReadModel(text);
  if (!read.ok() || !EndsWithHash(text, hash)) {
    return absl::DataLossError("models: a stored model is damaged");
  }
  auto model = std::make_shared<const Model>(*std::move(read));
  MutexLock lock(mutex_);
  parsed_.emplace_front(hash, model);
  if (parsed_.size() > kParsedModelsMax) parsed_.pop_back();
  return model;
}

absl::StatusOr<std::shared_ptr<const Model>> ActiveModel::Named(const KvReader& state,
                                                                absl::string_view name) const {
  if (name == shipped_.name) return WithHash(state, "");
  HIE_ASSIGN_OR_RETURN(const auto models, ModelStore(state).List());
  for (const auto& [hash, row] : models) {
    if (row.name() == name) return WithHash(state, hash);
  }
  return absl::NotFoundError("model: not stored");
}

std::shared_ptr<const Model> ActiveModel::Cached(const std::string& hash) const {
  MutexLock lock(mutex_);
  for (const auto& [name, model] : parsed_) {
    if (name == hash) return model;
  }
  return nullptr;
}

}  // namespace hie::mpi
