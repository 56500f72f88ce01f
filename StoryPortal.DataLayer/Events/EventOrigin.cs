using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Events;

/// <summary>Who wrote an event.</summary>
[JsonConverter(typeof(EnumTextConverter<EventOrigin>))]
public enum EventOrigin
{
    /// <summary>A caller of the API.</summary>
    Client,

    /// <summary>The system itself: its audit and its service registry.</summary>
    System,
}
