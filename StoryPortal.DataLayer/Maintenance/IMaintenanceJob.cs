using System.Text.Json.Nodes;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>The work of a job. It may be cut off at any point, and done again at any time.</summary>
internal interface IMaintenanceJob
{
    /// <summary>Its name, in lower case with hyphens.</summary>
    string Name { get; }

    /// <summary>When it runs: see <see cref="JobSchedule"/>.</summary>
    string Schedule { get; }

    /// <summary>Does the work. Whatever is thrown is noted as the run's failure.</summary>
    Task<JobResult> RunAsync(CancellationToken cancellationToken);
}

/// <summary>What a run did.</summary>
/// <param name="Summary">In a sentence, for the log.</param>
/// <param name="Figures">In numbers: a JSON object.</param>
internal sealed record JobResult(string Summary, JsonNode Figures);
