namespace StoryPortal.DataLayer.GroupCommit;

/// <summary>More rows wait to be written than may: the caller is told to come again, before memory runs out or latency collapses.</summary>
public sealed class WriteQueueFullException(string queue) : Exception($"The queue of {queue} that wait to be written is full.");
