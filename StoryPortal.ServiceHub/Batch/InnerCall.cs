using System.Text.Json;

namespace StoryPortal.ServiceHub.Batch;

/// <summary>A request of a batch as it was given, and where its answer goes.</summary>
internal sealed record InnerCall(JsonElement Item, DefaultHttpContext Context, AnswerBuffer Answer);
