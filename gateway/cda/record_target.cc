#include "gateway/cda/record_target.h"

namespace hie::cda {

exchange::PersonCheck CheckRecordTarget(const RecordTarget& target, const exchange::Record& claimed,
                                        const exchange::DirectoryView& directory) {
  exchange::AnsweredPatient answered;
  answered.identifiers = target.demographics.identifiers;
  answered.demographics = target.demographics;
  return exchange::CheckPerson(answered, claimed, directory);
}

bool RecordTargetAgrees(const RecordTarget& target, const exchange::Record& claimed,
                        const exchange::DirectoryView& directory) {
  const exchange::PersonCheck check = CheckRecordTarget(target, claimed, directory);
  return check == exchange::PersonCheck::kRight || check == exchange::PersonCheck::kUnproven;
}

}  // namespace hie::cda
