#pragma once

#include <string>
#include <vector>

#include "hie/exchange/v1/identity.pb.h"
#include "hie/mpi/v1/model.pb.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "hie/mpi/v1/review_service.pb.h"
#include "services/hiectl/matching/waterfall.h"

// How the index's answers are shown to people: tables, head first, and lines.  Pure.
namespace hie::ctl {

using Rows = std::vector<std::vector<std::string>>;

// "2.999.1|N-17", with "#2" behind it for a later holder of the id.
std::string PatientKey(const common::v1::LocalPatient& patient);

Rows TaskRows(const google::protobuf::RepeatedPtrField<mpi::v1::Task>& tasks);
// One line for an event, and one for each of its parts.
std::vector<std::string> EventLines(const mpi::v1::LinkEvent& event);
std::vector<std::string> FalloutLines(const exchange::v1::IdentityFallout& fallout);
std::vector<std::string> HistoryLines(const mpi::v1::GetRecordHistoryResponse& history);
Rows GoldenRows(const mpi::v1::GetGoldenViewResponse& view);
Rows RecallRows(const google::protobuf::RepeatedPtrField<exchange::v1::RecallNotice>& notices);
Rows ModelRows(const google::protobuf::RepeatedPtrField<mpi::v1::StoredModel>& models);
Rows ActivationRows(const google::protobuf::RepeatedPtrField<mpi::v1::ModelActivation>& log);
std::vector<std::string> TrainLines(const mpi::v1::TrainResult& result);
std::vector<std::string> SimulateLines(const mpi::v1::SimulateResult& result);
std::vector<std::string> ScrubLines(const mpi::v1::ScrubResult& result);
std::vector<std::string> MonitorLines(const mpi::v1::Monitors& monitors);
Rows MonitorRows(const mpi::v1::Monitors& monitors);

// The weight of a stored link, taken apart; what neither record has is left out.
matching::Waterfall ToWaterfall(const mpi::v1::ExplainLinkResponse& why);
Rows WaterfallRows(const matching::Waterfall& waterfall);

}  // namespace hie::ctl
