namespace StoryPortal.DataLayer.Agents;

/// <summary>What a batch of agents did. All of it is stored, or none.</summary>
/// <param name="Accepted">Agents in the batch, each id once.</param>
/// <param name="Created">Agents that were not there before.</param>
/// <param name="Updated">Agents that changed.</param>
/// <param name="Unchanged">Agents that were there as they are.</param>
public sealed record AgentBatchResult(int Accepted, int Created, int Updated, int Unchanged);
